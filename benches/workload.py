#!/usr/bin/env python3
"""Turns a neutral workload (a model.json of rules and a scenarios_N.jsonl of requests with expected answers) into a Gate package.

usage: workload.py MODEL_DIR OUT_DIR [--tests 1000]

The model: roles, resource kinds with eight actions each, permit rules with at most one condition, tenants that never meet,
suspended principals that may do nothing. The rules become grants, the tenants `isolate`, the suspension a `deny`; the requests
become one suite, a fixture principal and resource for each.
"""
import argparse
import json
import os

ACTIONS = ["view", "list", "create", "update", "delete", "approve", "export", "share"]


def condition(rule):
    cond = rule["cond"]
    if cond is None:
        return ""
    kind = cond[0]
    return " when " + {
        "owner": lambda: "resource.owner == principal",
        "restricted": lambda: "resource.classification == restricted && context.risk_score <= %d && context.mfa" % cond[1],
        "class": lambda: "resource.classification == %s" % cond[1],
        "amount": lambda: "resource.amount <= %d" % cond[1],
    }[kind]()


def policy(model):
    out = ["// Written by benches/workload.py.", "enum Classification { public, internal, confidential, restricted }", "resource Tenant;",
           "principal User in Tenant as tenant { suspended: Bool }"]
    for kind in model["kinds"]:
        out.append("resource %s in Tenant as tenant { classification: Classification, owner: User, amount: Long, action %s; }"
                   % (kind, ", ".join(ACTIONS)))
    out.append("context { from gateway { risk_score: Long } from token { mfa: Bool } }")
    by_role = {}
    for rule in model["rules"]:
        by_role.setdefault(rule["role"], []).append(rule)
    for role in model["roles"]:
        out.append("role %s {" % role)
        for rule in by_role.get(role, []):
            out.append("    %s: allow %s on %s%s;" % (rule["id"].replace("-", "_"), ", ".join(rule["actions"]), rule["kind"], condition(rule)))
        out.append("}")
    out.append("isolate by tenant;")
    out.append("suspended: deny any to any on any when principal.suspended;")
    return "\n".join(out) + "\n"


def suite(tests):
    tenants = sorted({t["principal"]["tenant"] for t in tests} | {t["resource"]["tenant"] for t in tests})
    out = ["suite: workload", "at: 2026-03-01T10:00:00Z", "resources:"]
    out += ["  %s: {type: Tenant}" % tenant for tenant in tenants]
    for n, t in enumerate(tests):
        r = t["resource"]
        owner = "p%d" % n if r["owner"] == t["principal"]["id"] else "someone"
        out.append("  d%d: {type: %s, tenant: %s, classification: %s, owner: %s, amount: %d}"
                   % (n, r["kind"], r["tenant"], r["classification"], owner, r["amount"]))
    out += ["principals:", "  someone: {type: User, tenant: %s, suspended: false}" % tenants[0]]
    for n, t in enumerate(tests):
        p = t["principal"]
        out.append("  p%d: {type: User, tenant: %s, suspended: %s, roles: [%s]}"
                   % (n, p["tenant"], str(p["suspended"]).lower(), ", ".join(p["roles"])))
    out.append("contexts:")
    for n, t in enumerate(tests):
        c = t["context"]
        out.append("  c%d: {risk_score: %d, mfa: %s}" % (n, c["risk_score"], str(c["mfa"]).lower()))
    out.append("tests:")
    for n, t in enumerate(tests):
        out.append("  - {name: %s, as: p%d, in: c%d, %s: {%s: d%d}}"
                   % (t["name"], n, n, "can" if t["expect"] else "cannot", t["action"], n))
    return "\n".join(out) + "\n"


def main():
    args = argparse.ArgumentParser(description=__doc__)
    args.add_argument("model")
    args.add_argument("out")
    args.add_argument("--tests", type=int, default=1000)
    args = args.parse_args()
    with open(os.path.join(args.model, "model.json")) as f:
        model = json.load(f)
    with open(os.path.join(args.model, "scenarios_%d.jsonl" % args.tests)) as f:
        tests = [json.loads(line) for line in f]
    for folder in ("policy", "scenarios"):
        os.makedirs(os.path.join(args.out, folder), exist_ok=True)
    files = {
        "gatewright.toml": '[package]\nname = "workload"\nversion = "0.1.0"\nedition = "2026"\n',
        "policy/workload.gate": policy(model),
        "scenarios/workload.yaml": suite(tests),
    }
    for name, text in files.items():
        with open(os.path.join(args.out, name), "w") as f:
            f.write(text)


if __name__ == "__main__":
    main()
