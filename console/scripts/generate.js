// Generate the service's messages and clients for TypeScript into src/gen.
//
// protoc-gen-es is a plugin of protoc: it reads descriptors and writes files. The descriptors are
// the ones that Envoy is configured with, so the console never knows another contract than its
// gateway, and no protoc is needed here.
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import {
  CodeGeneratorRequestSchema,
  CodeGeneratorResponseSchema,
  FileDescriptorSetSchema,
} from "@bufbuild/protobuf/wkt";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const target = join(root, "src", "gen");
const plugin = join(root, "node_modules", "@bufbuild", "protoc-gen-es", "bin", "protoc-gen-es");

const descriptors = readFileSync(join(root, "..", "gateway", "facesvc.pb"));
const protoFile = fromBinary(FileDescriptorSetSchema, descriptors).file;
const request = create(CodeGeneratorRequestSchema, {
  protoFile,
  parameter: "target=ts",
  // @bufbuild/protobuf brings the well-known types itself.
  fileToGenerate: protoFile.map((f) => f.name).filter((n) => !n.startsWith("google/protobuf/")),
});
const run = spawnSync(process.execPath, [plugin], {
  input: toBinary(CodeGeneratorRequestSchema, request),
  maxBuffer: 2 ** 26,
});
if (run.status !== 0) {
  process.stderr.write(run.stderr);
  throw new Error(`protoc-gen-es ended with status ${run.status}`);
}
const response = fromBinary(CodeGeneratorResponseSchema, run.stdout);
if (response.error) throw new Error(`protoc-gen-es: ${response.error}`);

rmSync(target, { recursive: true, force: true });
for (const file of response.file) {
  const path = join(target, file.name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, file.content);
}
