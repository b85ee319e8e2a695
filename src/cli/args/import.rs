//! The arguments of `gatewright import`.

use std::path::PathBuf;

use clap::builder::NonEmptyStringValueParser;
use clap::{Args as ClapArgs, Subcommand};

use super::OutputArgs;

/// Make a package of what another system knows: roles of Kubernetes, or policies of Cedar
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  gatewright import k8s-rbac manifests/ --out cluster
  gatewright import cedar policies.cedar --schema schema.cedarschema --out app")]
pub(in crate::cli) struct Import {
    /// From what
    #[command(subcommand)]
    pub(in crate::cli) from: ImportFrom,
}

/// From what a package is made.
#[derive(Debug, Subcommand)]
pub(in crate::cli) enum ImportFrom {
    #[command(name = "k8s-rbac")]
    K8sRbac(ImportK8s),
    Cedar(ImportCedar),
}

/// Make a package of the roles and bindings in Kubernetes manifests
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  gatewright import k8s-rbac manifests/ --out cluster
  kubectl get clusterroles,clusterrolebindings,roles,rolebindings -A -o yaml > rbac.yaml
  gatewright import k8s-rbac rbac.yaml --out cluster && gatewright lint cluster
  helm template CHART | gatewright import k8s-rbac - --out chart")]
pub(in crate::cli) struct ImportK8s {
    /// Manifests, YAML or JSON, or folders that hold them; `-` is standard input
    #[arg(required = true, value_name = "FILE|DIR")]
    pub(in crate::cli) paths: Vec<PathBuf>,
    /// The folder of the package, which must not exist yet
    #[arg(long, value_name = "DIR")]
    pub(in crate::cli) out: PathBuf,
    /// The namespace of objects that name none
    #[arg(long, value_name = "NAME", default_value = "default", value_parser = NonEmptyStringValueParser::new())]
    pub(in crate::cli) namespace: String,
    #[command(flatten)]
    pub(in crate::cli) output: OutputArgs,
}

/// Make a package of Cedar policies and their schema, each policy with a name
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Example:
  gatewright import cedar policies.cedar --schema schema.cedarschema --out app && gatewright check app")]
pub(in crate::cli) struct ImportCedar {
    /// `.cedar` files
    #[arg(required = true, value_name = "FILE")]
    pub(in crate::cli) policies: Vec<PathBuf>,
    /// Their schema
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) schema: PathBuf,
    /// Links of the templates in the `.cedar` files, as Cedar JSON; each becomes a policy
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) links: Option<PathBuf>,
    /// Entities, as Cedar JSON, for the package's suites; they must be as the schema says
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) entities: Option<PathBuf>,
    /// The folder of the package, which must not exist yet
    #[arg(long, value_name = "DIR")]
    pub(in crate::cli) out: PathBuf,
    #[command(flatten)]
    pub(in crate::cli) output: OutputArgs,
}
