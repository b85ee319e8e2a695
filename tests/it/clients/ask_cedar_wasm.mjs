// Asks @cedar-policy/cedar-wasm: node ask_cedar_wasm.mjs NODE_MODULES ARCHIVE REQUESTS
// What came of each request goes to standard output as JSON, in their order.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const [modules, archive, requests] = process.argv.slice(2);
const require = createRequire(join(modules, "x.js"));
const cedar = require("@cedar-policy/cedar-wasm/nodejs");
const { unzipSync, strFromU8 } = require("fflate");
const files = unzipSync(readFileSync(archive));
const read = (path) => strFromU8(files[path]);

const schema = read("schema.cedarschema");
const policies = JSON.parse(read("policies.json"));
const text = JSON.parse(read("bundle.json"))
  .files.map((file) => file.path)
  .filter((path) => path.endsWith(".cedar"))
  .map(read)
  .join("\n");

const must = (answer) => {
  if (answer.type !== "success") throw new Error(JSON.stringify(answer.errors));
  return answer;
};
// Both forms of the policies must be valid here, too.
for (const set of [policies, { staticPolicies: text }]) {
  const { validationErrors } = must(cedar.validate({ validationSettings: { mode: "strict" }, schema, policies: set }));
  if (validationErrors.length > 0) throw new Error(JSON.stringify(validationErrors));
}
must(cedar.preparseSchema("schema", schema));
must(cedar.preparsePolicySet("policies", policies));

const decide = (entities, { principal, action, resource, context }) => {
  const answer = cedar.statefulIsAuthorized({
    principal,
    action,
    resource,
    context,
    entities,
    preparsedSchemaName: "schema",
    preparsedPolicySetId: "policies",
    validateRequest: true,
  });
  if (answer.type !== "success") return { decision: "refused", reasons: [], errors: [] };
  const { decision, diagnostics } = answer.response;
  return {
    decision,
    reasons: diagnostics.reason.sort(),
    errors: diagnostics.errors.map((error) => error.policyId).sort(),
  };
};

const suites = JSON.parse(readFileSync(requests, "utf8"));
const answers = suites.flatMap(({ entities, requests }) => requests.map((request) => decide(entities, request)));
process.stdout.write(JSON.stringify(answers));
