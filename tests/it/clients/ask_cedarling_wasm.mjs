// Asks @janssenproject/cedarling_wasm: node ask_cedarling_wasm.mjs NODE_MODULES ARCHIVE REQUESTS
// The archive itself must load. Each suite is asked of a store of its own: the archive with the entities of the suite besides.
// Only the principal comes with the request, as its attributes. What came of each request goes to standard output as JSON,
// in their order.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const [modules, archive, requests] = process.argv.slice(2);
const { unzipSync, zipSync, strToU8 } = createRequire(join(modules, "x.js"))("fflate");
const home = join(modules, "@janssenproject/cedarling_wasm");
const cedarling = await import(pathToFileURL(join(home, "cedarling_wasm.js")));
cedarling.initSync({ module: readFileSync(join(home, "cedarling_wasm_bg.wasm")) });

const settings = {
  CEDARLING_APPLICATION_NAME: "gatewright",
  CEDARLING_LOG_TYPE: "off",
  CEDARLING_JWT_SIG_VALIDATION: "disabled",
  CEDARLING_JWT_STATUS_VALIDATION: "disabled",
};
const bytes = readFileSync(archive);
await cedarling.init_from_archive_bytes(settings, bytes);
const files = unzipSync(bytes);

const entity = ({ type, id }, attributes) => ({ cedar_entity_mapping: { entity_type: type, id }, ...attributes });
const same = (one, other) => one.type === other.type && one.id === other.id;

const decide = async (store, entities, { principal, action, resource, context }) => {
  const found = entities.find((one) => same(one.uid, principal));
  const asked = {
    principal: entity(principal, found?.attrs),
    action: `${action.type}::${JSON.stringify(action.id)}`,
    // Without attributes it is the entity of the store.
    resource: entity(resource, {}),
    context,
  };
  try {
    const result = await store.authorize_unsigned(JSON.stringify(asked));
    const { reason, errors } = result.response.diagnostics;
    return {
      decision: result.decision ? "allow" : "deny",
      reasons: [...reason].sort(),
      errors: errors.map((error) => error.id).sort(),
    };
  } catch (error) {
    // Anything that is no answer of the engine is a fault of this script.
    if (error instanceof TypeError || error instanceof ReferenceError || error instanceof WebAssembly.RuntimeError) throw error;
    return { decision: "refused", reasons: [], errors: [], why: String(error) };
  }
};

const answers = [];
for (const { entities, requests: asked } of JSON.parse(readFileSync(requests, "utf8"))) {
  const more = { ...files, "entities/suite.json": strToU8(JSON.stringify(entities)) };
  const store = await cedarling.init_from_archive_bytes(settings, zipSync(more, { level: 0 }));
  for (const request of asked) answers.push(await decide(store, entities, request));
}
// It leaves timers behind, which would keep the process.
process.stdout.write(JSON.stringify(answers), () => process.exit(0));
