//! The codes of everything that can be wrong in a suite before it runs.

use crate::diag::Code;
use crate::load::document::{Format, Language, Nulls};

/// Suites and the files that they include.
pub static SUITE: Format = Format {
    language: Language::Yaml,
    nulls: Nulls::Values,
    unknown_key: UNKNOWN_KEY,
    missing_key: MISSING_KEY,
    wrong_type: WRONG_SHAPE,
    bad_value: WRONG_VALUE,
};

/// A key that its mapping does not have.
pub const UNKNOWN_KEY: Code = Code::new("scenario-unknown-key");
/// A key that must be there is not.
pub const MISSING_KEY: Code = Code::new("scenario-missing-key");
/// Keys that exclude each other stand side by side.
pub const CONFLICTING_KEYS: Code = Code::new("scenario-conflicting-keys");
/// A node of another shape than the key takes: a list where a name is due.
pub const WRONG_SHAPE: Code = Code::new("scenario-wrong-shape");
/// A value that does not fit the type the contract gives its attribute.
pub const WRONG_VALUE: Code = Code::new("scenario-wrong-value");
/// A name of a type, attribute, action, role, profile, fixture, context, grant or statement that nothing declares.
pub const UNKNOWN_NAME: Code = Code::new("scenario-unknown-name");
/// A name that could mean several things.
pub const AMBIGUOUS_NAME: Code = Code::new("scenario-ambiguous-name");
/// Two fixtures, tests or suites of one name.
pub const DUPLICATE_NAME: Code = Code::new("scenario-duplicate-name");
/// A fixture of a type that its section does not take, or an entity of another type than is due.
pub const WRONG_TYPE: Code = Code::new("scenario-wrong-type");
/// A required attribute of a fixture is missing.
pub const MISSING_ATTRIBUTE: Code = Code::new("scenario-missing-attribute");
/// A role that cannot be given to this entity, or not in this way.
pub const WRONG_ROLE: Code = Code::new("scenario-wrong-role");
/// An action that is not decided on this resource.
pub const WRONG_ACTION: Code = Code::new("scenario-wrong-action");
/// A statement that can never decide in the claimed direction.
pub const WRONG_CAUSE: Code = Code::new("scenario-wrong-cause");
/// Files that include each other, contexts that extend each other, or fixtures that are their own ancestors.
pub const CYCLE: Code = Code::new("scenario-cycle");
/// A file that is named but is not in the package.
pub const UNKNOWN_FILE: Code = Code::new("scenario-unknown-file");
/// A file of fixtures that no suite includes, so nothing in it is checked.
pub const UNUSED_FILE: Code = Code::new("scenario-unused-file");
/// Cells of a matrix that no line states.
pub const UNSTATED_CELLS: Code = Code::new("scenario-unstated-cells");
/// Two lines of a matrix state the same cell.
pub const OVERLAPPING_LINES: Code = Code::new("scenario-overlapping-lines");
/// A line of a matrix that states no cell, a test that claims nothing, or a `because` that names nothing.
pub const EMPTY_CLAIM: Code = Code::new("scenario-empty-claim");
/// More requests and fixtures than the suites of a package may stand for.
pub const LIMIT: Code = Code::new("scenario-limit");
/// Cedar data or a raw request that Cedar refuses.
pub const INVALID_CEDAR_DATA: Code = Code::new("scenario-invalid-cedar-data");
/// Tests show less of the policy than they must.
pub const UNCOVERED: Code = Code::new("uncovered");
/// Somebody asks for a grant that too few people of the suite could approve.
pub const TOO_FEW_APPROVERS: Code = Code::new("scenario-too-few-approvers");
/// A claim of a scenario does not hold.
pub const FAILED: Code = Code::new("scenario-failed");

/// Those that do not depend on what the policy declares, but for types of attributes that it declares.
pub const OF_FORM: [Code; 10] = [
    UNKNOWN_KEY,
    MISSING_KEY,
    CONFLICTING_KEYS,
    WRONG_SHAPE,
    WRONG_VALUE,
    DUPLICATE_NAME,
    MISSING_ATTRIBUTE,
    CYCLE,
    UNKNOWN_FILE,
    UNUSED_FILE,
];
