//! All lints, sorted: a line that includes the file and a line that registers it. Plain `mod` lines, since rustfmt does
//! not see files that a macro includes.

use super::Lint;

mod all_actions_role;
mod caller_supplied_attribute;
mod fail_open_forbid;
mod past_until;
mod temporary_without_end;
mod unconditional_sensitive_grant;
mod unconstrained_permit;
mod unexplained_sensitive_grant;
mod unguarded_sensitive_action;
mod unisolated_tenant;
mod unused_name;

pub(super) static ALL: [&Lint; 11] = [
    &all_actions_role::LINT,
    &caller_supplied_attribute::LINT,
    &fail_open_forbid::LINT,
    &past_until::LINT,
    &temporary_without_end::LINT,
    &unconditional_sensitive_grant::LINT,
    &unconstrained_permit::LINT,
    &unexplained_sensitive_grant::LINT,
    &unguarded_sensitive_action::LINT,
    &unisolated_tenant::LINT,
    &unused_name::LINT,
];
