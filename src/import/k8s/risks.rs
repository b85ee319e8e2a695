//! What some entries of Kubernetes' RBAC make possible beyond what they say: the list that its documentation and its scanners
//! warn of, as far as a rule alone tells.

use std::collections::BTreeSet;

/// Why an entry is more than it looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Risk {
    /// In words, as a description.
    pub(super) why: &'static str,
    /// Whether it gives any role away.
    pub(super) assigns: bool,
    groups: Groups,
    resources: &'static [&'static str],
    verbs: &'static [&'static str],
}

/// In which API groups a risk lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Groups {
    /// Subresources that connect or report are served by any group, not by the core group alone.
    Any,
    These(&'static [&'static str]),
}

const RBAC: Groups = Groups::These(&["rbac.authorization.k8s.io"]);
const CORE: Groups = Groups::These(&[""]);

const RISKS: [Risk; 16] = [
    Risk {
        why: "Binds any role, whatever it grants.",
        assigns: true,
        groups: RBAC,
        resources: &["roles", "clusterroles", "rolebindings", "clusterrolebindings"],
        verbs: &["bind"],
    },
    Risk {
        why: "Puts any rule into a role, whatever it grants.",
        assigns: true,
        groups: RBAC,
        resources: &["roles", "clusterroles"],
        verbs: &["escalate"],
    },
    Risk {
        why: "Acts as any user, group or service account.",
        assigns: false,
        groups: CORE,
        resources: &["users", "groups", "serviceaccounts"],
        verbs: &["impersonate"],
    },
    Risk {
        why: "Acts as any user with any attributes.",
        assigns: false,
        groups: Groups::These(&["authentication.k8s.io"]),
        resources: &["uids", "userextras/*"],
        verbs: &["impersonate"],
    },
    Risk {
        why: "Issues tokens of service accounts, and so acts as any of them.",
        assigns: false,
        groups: CORE,
        resources: &["serviceaccounts/token"],
        verbs: &["create"],
    },
    Risk {
        why: "Reads secrets, and with them the credentials of others.",
        assigns: false,
        groups: CORE,
        resources: &["secrets"],
        verbs: &["get", "list", "watch"],
    },
    Risk {
        // A client may open the connection by GET or by POST, and either is enough.
        why: "Runs commands in containers or reaches into nodes, past what the API checks and logs.",
        assigns: false,
        groups: Groups::Any,
        resources: &["pods/exec", "pods/attach"],
        verbs: &["get", "create"],
    },
    Risk {
        // The kubelet behind it takes the method that it is sent.
        why: "Runs commands in containers or reaches into nodes, past what the API checks and logs.",
        assigns: false,
        groups: CORE,
        resources: &["nodes/proxy"],
        verbs: &["get", "create", "update", "patch", "delete"],
    },
    Risk {
        why: "Runs a container of its choice inside running pods, with all their access.",
        assigns: false,
        groups: CORE,
        resources: &["pods/ephemeralcontainers"],
        verbs: &["update", "patch"],
    },
    Risk {
        why: "Creates pods, which act as any service account of the namespace and read its secrets.",
        assigns: false,
        groups: CORE,
        resources: &["pods"],
        verbs: &["create"],
    },
    Risk {
        why: "Creates pods, which act as any service account of the namespace and read its secrets.",
        assigns: false,
        groups: CORE,
        resources: &["replicationcontrollers"],
        verbs: &["create", "update", "patch"],
    },
    Risk {
        why: "Creates pods, which act as any service account of the namespace and read its secrets.",
        assigns: false,
        groups: Groups::These(&["apps", "batch", "extensions"]),
        resources: &["daemonsets", "deployments", "replicasets", "statefulsets", "cronjobs", "jobs"],
        verbs: &["create", "update", "patch"],
    },
    Risk {
        why: "Creates volumes from any path of a node, and so reads and writes the files there.",
        assigns: false,
        groups: CORE,
        resources: &["persistentvolumes"],
        verbs: &["create"],
    },
    Risk {
        why: "Approves certificates, and so lets a requester act as whomever the certificate names.",
        assigns: false,
        groups: Groups::These(&["certificates.k8s.io"]),
        resources: &["certificatesigningrequests/approval"],
        verbs: &["update", "patch"],
    },
    Risk {
        why: "Configures admission webhooks, which read and change every request to the API.",
        assigns: false,
        groups: Groups::These(&["admissionregistration.k8s.io"]),
        resources: &["mutatingwebhookconfigurations", "validatingwebhookconfigurations"],
        verbs: &["create", "update", "patch", "delete", "deletecollection"],
    },
    Risk {
        why: "Sets the status of services, which decides where traffic goes.",
        assigns: false,
        groups: Groups::Any,
        resources: &["services/status"],
        verbs: &["update", "patch"],
    },
];

/// The risks that lie in an entry, wildcards taken for what they cover.
pub(super) fn of(group: &str, resource: &str, verb: &str) -> Vec<&'static Risk> {
    let covers = |risk: &&Risk| {
        let in_group = match risk.groups {
            Groups::Any => true,
            Groups::These(groups) => group == "*" || groups.contains(&group),
        };
        in_group
            && risk.resources.iter().any(|risky| covers_resource(resource, risky))
            && (verb == "*" || risk.verbs.contains(&verb))
    };
    let mut found: Vec<&'static Risk> = RISKS.iter().filter(covers).collect();
    // Several entries say the same of different resources.
    let mut said = BTreeSet::new();
    found.retain(|risk| said.insert(risk.why));
    found
}

/// `*` covers every resource, `*/scale` that subresource of every one, and `userextras/*` in the list stands for any.
fn covers_resource(entry: &str, risky: &str) -> bool {
    let sub = |text: &str| text.split_once('/').map_or(String::new(), |(_, sub)| sub.to_owned());
    entry == "*"
        || entry == risky
        || (entry.starts_with("*/") && sub(entry) == sub(risky))
        || risky.strip_suffix('*').is_some_and(|start| entry.starts_with(start))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whys(group: &str, resource: &str, verb: &str) -> Vec<&'static str> {
        of(group, resource, verb).into_iter().map(|risk| risk.why.split(' ').next().unwrap()).collect()
    }

    #[test]
    fn wildcards_are_taken_for_what_they_cover() {
        assert_eq!(whys("", "secrets", "get"), ["Reads"]);
        assert_eq!(whys("*", "*", "get"), ["Reads", "Runs"]);
        assert_eq!(whys("", "serviceaccounts", "*"), ["Acts"]);
        assert_eq!(whys("certificates.k8s.io", "*/approval", "update"), ["Approves"]);
        assert_eq!(whys("rbac.authorization.k8s.io", "*", "bind"), ["Binds"]);
        assert_eq!(whys("authentication.k8s.io", "userextras/scopes", "impersonate"), ["Acts"]);
        assert_eq!(whys("kubevirt.io", "*", "create"), ["Runs"]);
        assert_eq!(whys("", "nodes/proxy", "get"), ["Runs"]);
        assert_eq!(whys("", "pods/attach", "get"), ["Runs"]);
        assert_eq!(whys("", "pods/ephemeralcontainers", "patch"), ["Runs"]);
        assert_eq!(whys("", "persistentvolumes", "create"), ["Creates"]);
        assert_eq!(whys("", "pods", "*"), ["Creates"]);
        assert_eq!(whys("apps", "*", "patch"), ["Creates", "Sets"]);
        assert_eq!(whys("batch", "cronjobs", "create"), ["Creates"]);
        for harmless in [
            ("", "pods", "update"),
            ("", "pods/*", "*"),
            ("apps", "deployments", "delete"),
            ("metrics.k8s.io", "pods", "create"),
            ("apps", "secrets", "get"),
            ("*", "*", "approve"),
            ("", "*", ""),
            ("", "pods/log", "get"),
            ("", "*/scale", "create"),
        ] {
            assert_eq!(whys(harmless.0, harmless.1, harmless.2), Vec::<&str>::new(), "{harmless:?}");
        }
    }
}
