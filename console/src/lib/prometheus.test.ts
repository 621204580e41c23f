import { expect, test } from "vitest";
import { parse, quantile, sum, valuesOf } from "./prometheus";

const BEFORE = parse(`# HELP calls_seconds how long
# TYPE calls_seconds histogram
calls_seconds_bucket{method="Embed",le="0.1"} 10
calls_seconds_bucket{method="Embed",le="0.2"} 10
calls_seconds_bucket{method="Embed",le="+Inf"} 10
calls_seconds_count{method="Embed"} 10
`);
const NOW = parse(`calls_seconds_bucket{method="Embed",le="0.1"} 20
calls_seconds_bucket{method="Embed",le="0.2"} 30
calls_seconds_bucket{method="Embed",le="+Inf"} 30
calls_seconds_count{method="Embed"} 30
calls_seconds_count{method="Search"} 4 1700000000
waiting 2.5
`);

test("lines with labels, numbers and times are read, comments are not", () => {
  expect(BEFORE).toHaveLength(4);
  expect(sum(NOW, "calls_seconds_count")).toBe(34);
  expect(sum(NOW, "calls_seconds_count", { method: "Search" })).toBe(4);
  expect(sum(NOW, "waiting")).toBe(2.5);
  expect(valuesOf(NOW, "calls_seconds_count", "method")).toEqual(["Embed", "Search"]);
});

test("a quantile is of what came between two readings", () => {
  expect(quantile(0.5, NOW, BEFORE, "calls_seconds")).toBeCloseTo(0.1);
  expect(quantile(0.75, NOW, BEFORE, "calls_seconds")).toBeCloseTo(0.15);
  expect(quantile(0.5, NOW, NOW, "calls_seconds")).toBeUndefined();
});
