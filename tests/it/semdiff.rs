//! Two programs compared, in process: what changed in them, and who gains or loses what by it.

mod access;
mod declared;
mod grounds;
mod possible;
mod random;
mod structural;
mod terms;

use gatewright::decide::Engine;
use gatewright::load::PackageFiles;
use gatewright::pipeline;
use gatewright::pipeline::Checked;
use gatewright::semdiff::{Side, Structure, What, structure};

use crate::stages::check;

const CONFIG: &str = "//- /gatewright.toml\n[package]\nname = \"shop\"\nversion = \"1.0.0\"\nedition = \"2026\"\n";

/// A small program with one of everything that a change can be about.
pub(crate) const SHOP: &str = "\
//- /policy/shop.gate
namespace Shop;
ordered enum Level { public, internal, secret }
enum State { draft, sent }
principal User in Org as org { level: Level }
principal App in Org as org { scopes: Set<String> }
resource Org { plan: String }
resource Bill in Org as org {
    level: Level,
    state: State,
    created_by: User,
    action list, create in org;
    action read;
    sensitive action pay { note?: String }
    action group handle = read, pay;
}
resource Note in Org as org { action pin; }
context {
    from gateway { now: datetime, risk: Long }
    from token { mfa: Bool }
}
condition calm = context.risk <= 30;
condition cleared(bill: Bill) = bill.level <= principal.level;
role clerk for User { allow list, read on Bill when calm; }
role boss for User extends clerk {
    allow pay on Bill when cleared(resource) because \"B-1: bosses pay\";
}
role admin on Org for User { allow read on Bill; }
role guard for User { allow list on Bill; }
allow App to read on Bill when principal.scopes.contains(\"bills\");
isolate by org;
stepped_up: require context.mfa for Bill.pay;
steady: liftable require calm for Bill.pay;
four_eyes: separate Bill.create from Bill.pay by created_by;
no_secrets: deny App to read on Bill when resource.level == secret because \"L-1\";
break-glass outage {
    for clerk;
    grants pay on Bill;
    resources at most 2;
    requires reason;
    approved by 1 of guard;
    refused by 1;
    pending 30m;
    expires within 1h;
    uses at most 3;
    lifts steady;
    alerts on request to \"ops\";
    revoked by guard;
    review within 24h by guard;
}
assert paying: only boss to pay on Bill unless break-glass outage;
";

/// A checked program.
pub(crate) struct Built {
    package: PackageFiles,
    checked: Checked,
}

impl Built {
    /// A package as `//- /path` texts; `gatewright.toml` comes by itself.
    pub(crate) fn of(text: &str) -> Self {
        let (package, checked) = check(&format!("{CONFIG}{text}"));
        let faults: Vec<_> = checked.diagnostics.iter().map(|found| &found.message).collect();
        assert!(!checked.failed(), "{faults:?}\n{text}");
        Self { package, checked }
    }

    pub(crate) fn from((package, checked): (PackageFiles, Checked)) -> Self {
        Self { package, checked }
    }

    pub(crate) fn package(&self) -> &PackageFiles {
        &self.package
    }

    pub(crate) fn checked(&self) -> &Checked {
        &self.checked
    }

    /// The engine that a gateway would run.
    pub(crate) fn engine(&self) -> Engine {
        let tree = pipeline::build(&self.checked, &self.package.sources).unwrap();
        Engine::from_tree(&tree).unwrap()
    }

    pub(crate) fn side(&self) -> Side<'_> {
        Side { program: &self.checked.program, lowered: &self.checked.lowered, sources: &self.package.sources }
    }
}

/// `SHOP` with texts replaced; each must be there.
pub(crate) fn shop(edits: &[(&str, &str)]) -> String {
    edits.iter().fold(SHOP.to_owned(), |text, (old, new)| {
        assert!(text.contains(old), "the shop has {old}");
        text.replace(old, new)
    })
}

/// The changes from one text to another, a line each.
fn changes(old: &str, new: &str) -> String {
    let (old, new) = (Built::of(old), Built::of(new));
    lines(&structure(old.side(), new.side()))
}

fn lines(structure: &Structure) -> String {
    let mut text = String::new();
    for change in &structure.changes {
        text.push_str(&format!("{} {} {}", change.what.name(), change.kind.name(), change.name));
        match &change.what {
            What::Added | What::Removed => {}
            What::Renamed { from } => text.push_str(&format!(" from {from}")),
            What::Changed(fields) => {
                for field in fields {
                    let side = |said: &Option<String>| said.clone().unwrap_or_else(|| "-".to_owned());
                    text.push_str(&format!("\n    {}: {} → {}", field.field, side(&field.from), side(&field.to)));
                }
            }
        }
        text.push('\n');
    }
    text
}
