// Checks signed statements with npm's @sigstore/verify: node check_statements.mjs NODE_MODULES PUBLIC_PEM KEY_ID FILE...
// One line for each file on standard output: `ok`, or `refused`.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { createPublicKey } from "node:crypto";
import { join } from "node:path";

const [modules, pem, id, ...files] = process.argv.slice(2);
const require = createRequire(join(modules, "_.js"));
const { bundleFromJSON } = require("@sigstore/bundle");
const { Verifier, toSignedEntity } = require("@sigstore/verify");

const publicKey = createPublicKey(readFileSync(pem));
const trusted = {
  certificateAuthorities: [],
  timestampAuthorities: [],
  tlogs: [],
  ctlogs: [],
  publicKey: (hint) => {
    if (hint !== id) throw new Error(`an unknown key ${hint}`);
    return { publicKey, validFor: () => true };
  },
};
const verifier = new Verifier(trusted, { tlogThreshold: 0, ctlogThreshold: 0, timestampThreshold: 0 });
for (const file of files) {
  let verdict = "ok";
  try {
    verifier.verify(toSignedEntity(bundleFromJSON(JSON.parse(readFileSync(file, "utf8")))));
  } catch (error) {
    if (process.env.WHY) console.error(error);
    verdict = "refused";
  }
  console.log(verdict);
}
