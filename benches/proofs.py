#!/usr/bin/env python3
"""Measures `diff`, `lint` and `prove` on generated packages: cold, warm, and after a change of one line.

usage: proofs.py [--gatewright BIN] [--cache DIR] [--work DIR] [--grants 40,100,1000,10000] [--runs 3] [--longest 60] [--seed 7]

A package has N grants over 40 request environments (five kinds of documents, eight actions each, one type of principal),
max(5, N/10) roles, and conditions over risk, second factors, ages of sessions, addresses, sets, optional attributes and decimals.
Its 20 assertions hold by guards; isolation and the guards themselves are proved besides.
  diff   the package before and after five edits: a condition loosened, one tightened, a grant added, one removed, an action added
  lint   every grant: whether it can apply, is shadowed, is overridden, is always true, can error
  prove  the assertions and what declarations promise
cold: no answer is kept. warm: the same again. one line: the condition of one more grant changed after a cold run.
CACHE is where `gatewright solver install` put the solver; its answers are not touched. Shown are medians of wall seconds and of
CPU seconds of the tool and its solvers, and the largest peak in MiB of the tool alone. What takes longer than --longest is run
once.
"""
import argparse
import os
import random
import shutil
import sys
import tempfile

from check import HERE, run, summary

KINDS = ["Memo", "Invoice", "Contract", "Report", "Ticket"]
ACTIONS = ["view", "list", "create", "update", "delete", "approve", "export", "share"]
MODEL = """// Written by benches/proofs.py.
enum Classification { public, internal, confidential, restricted }
resource Tenant;
principal User in Tenant as tenant { suspended: Bool, clearance: Long, department: String, badge?: String }
%s
context {
    from gateway { now: datetime, risk: Long, source_ip: ipaddr }
    from token { auth_time: datetime, mfa: Bool }
}
"""
KIND = """resource %s in Tenant as tenant {
    classification: Classification, owner: User, amount: decimal, size: Long, editors: Set<User>, label?: String,
    action %s;
}"""
GUARDS = """isolate by tenant;
suspended: deny any to any on any when principal.suspended;
calm: require context.risk <= 80 for %s;
second_factor: require context.mfa for %s;
sealed: deny any to export on any when resource.classification == restricted;
"""


def condition(rnd):
    n = rnd.randrange(1, 10)
    return rnd.choice([
        None, None, None,
        "resource.owner == principal",
        "resource.classification == %s" % rnd.choice(["public", "internal", "confidential"]),
        "context.risk <= %d" % (n * 7),
        "context.risk <= %d && context.mfa" % (n * 7),
        "context.auth_time <= context.now && context.now.durationSince(context.auth_time) <= %dm" % (n * 15),
        'context.source_ip.isInRange(ip("10.%d.0.0/16"))' % n,
        "resource.editors.contains(principal)",
        'principal has badge && principal.badge == "b%d"' % n,
        'resource has label && resource.label like "l%d-*" && resource.size <= %d' % (n, n * 1000),
        'resource.amount <= decimal("%d.00")' % (n * 100),
        'principal.clearance >= %d && principal.department == "d%d"' % (n, n % 4),
    ])


def grants(count, seed):
    rnd = random.Random(seed)
    roles = max(5, count // 10)
    return [dict(name="g%05d" % n, role="r%d" % (n % roles), kind=rnd.choice(KINDS),
                 actions=sorted(rnd.sample(ACTIONS, rnd.randint(1, 3))), cond=condition(rnd)) for n in range(count)]


def edited(before):
    """Five edits, spread over the grants."""
    after = [dict(grant) for grant in before]
    at = lambda share: after[int(len(after) * share)]
    at(0.1)["cond"] = None
    at(0.3)["cond"] = "context.risk <= 1"
    at(0.5)["actions"] = sorted(set(at(0.5)["actions"]) | {"share", "list"})
    after.append(dict(name="added", role="r0", kind="Memo", actions=["update"], cond='principal.department == "new"'))
    del after[int(len(after) * 0.7)]
    return after


def one_line(before):
    """One more edit."""
    after = [dict(grant) for grant in before]
    after[int(len(after) * 0.8)]["cond"] = "context.risk <= 3 && context.mfa"
    return after


def policy(listed):
    every = lambda action: ", ".join("%s.%s" % (kind, action) for kind in KINDS)
    out = [MODEL % "\n".join(KIND % (kind, ", ".join(ACTIONS)) for kind in KINDS)]
    by_role = {}
    for grant in listed:
        by_role.setdefault(grant["role"], []).append(grant)
    for role in sorted(by_role, key=lambda role: int(role[1:])):
        out.append("role %s for User {" % role)
        for grant in by_role[role]:
            when = " when " + grant["cond"] if grant["cond"] else ""
            out.append("    %s: allow %s on %s%s;" % (grant["name"], ", ".join(grant["actions"]), grant["kind"], when))
        out.append("}")
    out.append(GUARDS % (every("approve"), every("delete")))
    for kind in KINDS:
        low = kind.lower()
        out += [
            "assert %s_suspended: never any to any on %s when principal.suspended;" % (low, kind),
            "assert %s_calm: never any to approve on %s when context.risk > 80;" % (low, kind),
            "assert %s_factor: never any to delete on %s when !context.mfa;" % (low, kind),
            "assert %s_sealed: never any to export on %s when resource.classification == restricted;" % (low, kind),
        ]
    return "\n".join(out) + "\n"


def write(folder, listed):
    os.makedirs(os.path.join(folder, "policy"))
    with open(os.path.join(folder, "gatewright.toml"), "w") as f:
        f.write('[package]\nname = "generated"\nversion = "0.1.0"\nedition = "2026"\n')
    with open(os.path.join(folder, "policy", "generated.gate"), "w") as f:
        f.write(policy(listed))
    return folder


def demand(results, codes, what):
    for result in results:
        if result["code"] not in codes:
            sys.exit("%s ended with %d\n%s" % (what, result["code"], result["out"][-3000:]))
    return results


def main():
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("--gatewright", default=os.path.join(HERE, "..", "target", "release", "gatewright"))
    args.add_argument("--cache", default=os.path.expanduser("~/.cache/gatewright"))
    args.add_argument("--work")
    args.add_argument("--grants", default="40,100,1000,10000")
    args.add_argument("--runs", type=int, default=3)
    args.add_argument("--longest", type=float, default=60)
    args.add_argument("--seed", type=int, default=7)
    args = args.parse_args()
    scratch = tempfile.TemporaryDirectory()
    work = args.work or scratch.name
    cache = os.path.join(work, "cache")
    shutil.copytree(args.cache, cache, ignore=shutil.ignore_patterns("answers"))
    os.environ["GATEWRIGHT_CACHE"] = cache
    answers = os.path.join(cache, "answers")

    print("| grants | question | cold: wall s / CPU s / MiB | warm | after one line | runs |")
    print("|---|---|---|---|---|---|", flush=True)
    for count in map(int, args.grants.split(",")):
        before = grants(count, args.seed)
        after = edited(before)
        place = lambda name: os.path.join(work, "%s-%d" % (name, count))
        base, changed = write(place("base"), before), write(place("changed"), after)
        line, changed_line = write(place("line"), one_line(before)), write(place("changed-line"), one_line(after))
        tool = args.gatewright
        for name, ask, then, codes in (
            ("diff", [tool, "diff", "--from", base, "--to", changed], [tool, "diff", "--from", base, "--to", changed_line], (0,)),
            ("lint", [tool, "lint", base], [tool, "lint", line], (0, 1)),
            ("prove", [tool, "prove", base], [tool, "prove", line], (0,)),
        ):
            cold, warm, changed_runs = [], [], []
            for _ in range(args.runs):
                shutil.rmtree(answers, ignore_errors=True)
                cold += demand([run(ask)], codes, name)
                warm += demand([run(ask)], codes, name)
                changed_runs += demand([run(then)], codes, name)
                if cold[0]["out"] != warm[-1]["out"]:
                    sys.exit("%s says something else warm than cold" % name)
                if cold[0]["wall"] > args.longest:
                    break
            cells = ["%.2f / %.2f / %.0f" % summary(results)[:3] for results in (cold, warm, changed_runs)]
            print("| %d | %s | %s | %d |" % (count, name, " | ".join(cells), len(cold)), flush=True)


if __name__ == "__main__":
    main()
