//! A small diagram with everything in it that can be drawn, and text that every language must escape.

use crate::graph::{ActionId, Node, ProfileId, RoleId, TypeId};

use super::diagram::{ActionItem, Diagram, Item, Link, LinkKind, Resource, Sensitivity};

pub(super) fn diagram() -> Diagram {
    let [user, app, bill] = [0, 1, 2].map(|id| Node::Type(TypeId(id)));
    let [clerk, manager] = [0, 1].map(|id| Node::Role(RoleId(id)));
    let [read, cancel] = [0, 1].map(|id| Node::Action(ActionId(id)));
    let night = Node::Profile(ProfileId(0));
    let item = |node, name: &str, detail: &str| Item {
        node,
        name: name.to_owned(),
        details: detail.split(" | ").map(str::to_owned).collect(),
    };
    let action = |node, name: &str, sensitivity| ActionItem { node, name: name.to_owned(), sensitivity };
    let link = |from, to, kind| Link { from, to, kind };
    Diagram {
        title: "a <\"shop\"> & more".to_owned(),
        principals: vec![item(user, "User", ""), item(app, "App", "")],
        roles: vec![item(clerk, "clerk", "for User"), item(manager, "manager", "for User · extends clerk")],
        profiles: vec![item(night, "night", "break-glass for clerk | 2 of manager approve · at most 1h")],
        resources: vec![Resource {
            node: bill,
            name: "Bill".to_owned(),
            actions: vec![action(read, "read", Sensitivity::Plain), action(cancel, "cancel", Sensitivity::Sensitive)],
        }],
        links: vec![
            link(user, clerk, LinkKind::Holds),
            link(user, manager, LinkKind::Holds),
            link(manager, clerk, LinkKind::Extends),
            link(clerk, read, LinkKind::Grants(String::new())),
            link(manager, cancel, LinkKind::Grants("when resource.state == \"open\" && 1 < 2".to_owned())),
            link(app, read, LinkKind::Grants("until 2030-01-01".to_owned())),
            link(clerk, night, LinkKind::MayRequest),
            link(manager, night, LinkKind::Approves("2 approve".to_owned())),
            link(night, cancel, LinkKind::Opens),
        ],
    }
}
