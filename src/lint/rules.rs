//! All lints, sorted: a line that includes the file and a line that registers it. Plain `mod` lines, since rustfmt does
//! not see files that a macro includes.

use super::Lint;

mod all_actions_role;
mod caller_supplied_attribute;
mod dead_statement;
mod early_wildcard;
mod erring_forbid;
mod erring_grant;
mod escalating_assignment;
mod fail_open_forbid;
mod idle_forbid;
mod idle_role;
mod idle_until;
mod open_action;
mod open_on_absence;
mod overridden_grant;
mod past_until;
mod redundant_grant;
mod requester_approval;
mod self_activation;
mod self_written_condition;
mod shadowed_grant;
mod stray_write;
mod temporary_without_end;
mod too_few_approvers;
mod unbounded_age;
mod unconditional_sensitive_grant;
mod unconstrained_permit;
mod undeclared_has;
mod unexplained_sensitive_grant;
mod ungranted_action;
mod unguarded_sensitive_action;
mod unholdable_role;
mod unisolated_tenant;
mod unlimited_role;
mod unrouted_action;
mod unused_name;
mod vacuous_condition;
mod wider_than_siblings;
mod wildcard_grant;
mod workload_assignment;

pub(super) static ALL: [&Lint; 39] = [
    &all_actions_role::LINT,
    &caller_supplied_attribute::LINT,
    &dead_statement::LINT,
    &early_wildcard::LINT,
    &erring_forbid::LINT,
    &erring_grant::LINT,
    &escalating_assignment::LINT,
    &fail_open_forbid::LINT,
    &idle_forbid::LINT,
    &idle_role::LINT,
    &idle_until::LINT,
    &open_action::LINT,
    &open_on_absence::LINT,
    &overridden_grant::LINT,
    &past_until::LINT,
    &redundant_grant::LINT,
    &requester_approval::LINT,
    &self_activation::LINT,
    &self_written_condition::LINT,
    &shadowed_grant::LINT,
    &stray_write::LINT,
    &temporary_without_end::LINT,
    &too_few_approvers::LINT,
    &unbounded_age::LINT,
    &unconditional_sensitive_grant::LINT,
    &unconstrained_permit::LINT,
    &undeclared_has::LINT,
    &unexplained_sensitive_grant::LINT,
    &ungranted_action::LINT,
    &unguarded_sensitive_action::LINT,
    &unholdable_role::LINT,
    &unisolated_tenant::LINT,
    &unlimited_role::LINT,
    &unrouted_action::LINT,
    &unused_name::LINT,
    &vacuous_condition::LINT,
    &wider_than_siblings::LINT,
    &wildcard_grant::LINT,
    &workload_assignment::LINT,
];
