import { create } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import { CollectionSettingsSchema } from "../gen/facesvc/v1/gallery_service_pb";
import { asForm, asSettings } from "./settings";

test("what is not set is empty, and stays unset", () => {
  const form = asForm(undefined);
  expect(Object.values(form).filter((value) => value !== "" && value !== null)).toEqual([]);
  expect(Object.values(asSettings(form)).filter((value) => value !== undefined)).toEqual([]);
});

test("a float32 is shown with the digits that were typed, a share in percent", () => {
  const settings = create(CollectionSettingsSchema, {
    description: "Door",
    matchThreshold: Math.fround(0.6),
    targetFpir: Math.fround(0.003),
  });
  const form = asForm(settings);
  expect([form.description, form.matchThreshold, form.targetPercent]).toEqual(["Door", 0.6, 0.3]);
  expect(asSettings(form).targetFpir).toBeCloseTo(0.003, 9);
});
