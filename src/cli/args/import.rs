//! The arguments of `gatewright import`.

use std::path::PathBuf;

use clap::builder::NonEmptyStringValueParser;
use clap::{Args as ClapArgs, Subcommand};

use super::OutputArgs;

/// Create a package from Kubernetes roles or Cedar policies
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  gatewright import k8s-rbac manifests/ --out cluster
  gatewright import cedar policies.cedar --schema schema.cedarschema --out app")]
pub(in crate::cli) struct Import {
    /// What to import
    #[command(subcommand)]
    pub(in crate::cli) from: ImportFrom,
}

/// What to import a package is made.
#[derive(Debug, Subcommand)]
pub(in crate::cli) enum ImportFrom {
    #[command(name = "k8s-rbac")]
    K8sRbac(ImportK8s),
    Cedar(ImportCedar),
}

/// Create a package from the roles and bindings in Kubernetes manifests
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  gatewright import k8s-rbac manifests/ --out cluster
  kubectl get clusterroles,clusterrolebindings,roles,rolebindings -A -o yaml > rbac.yaml
  gatewright import k8s-rbac rbac.yaml --out cluster && gatewright lint cluster
  helm template CHART | gatewright import k8s-rbac - --out chart")]
pub(in crate::cli) struct ImportK8s {
    /// YAML or JSON manifests, or folders that contain them; `-` for standard input
    #[arg(required = true, value_name = "FILE|DIR")]
    pub(in crate::cli) paths: Vec<PathBuf>,
    /// Package folder to create; it must not exist yet
    #[arg(long, value_name = "DIR")]
    pub(in crate::cli) out: PathBuf,
    /// Namespace of objects that do not name one
    #[arg(long, value_name = "NAME", default_value = "default", value_parser = NonEmptyStringValueParser::new())]
    pub(in crate::cli) namespace: String,
    #[command(flatten)]
    pub(in crate::cli) output: OutputArgs,
}

/// Create a package from Cedar policies and their schema, naming each policy
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
    /// Template links for the `.cedar` files, as Cedar JSON; each becomes a policy
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) links: Option<PathBuf>,
    /// Entities for the package's suites, as Cedar JSON; they must conform to the schema
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) entities: Option<PathBuf>,
    /// Package folder to create; it must not exist yet
    #[arg(long, value_name = "DIR")]
    pub(in crate::cli) out: PathBuf,
    #[command(flatten)]
    pub(in crate::cli) output: OutputArgs,
}
