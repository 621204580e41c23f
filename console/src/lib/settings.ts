/** Settings of a collection as a form holds them: what is empty is the server's default. */
import type { MessageInitShape } from "@bufbuild/protobuf";
import type { CollectionSettings, CollectionSettingsSchema } from "../gen/facesvc/v1/gallery_service_pb";

/** Every setting that the form changes, by its name in the contract. */
export const NAMES = [
  "description",
  "match_threshold",
  "target_fpir",
  "quality_threshold",
  "max_users",
  "retention_days",
] as const;

export interface SettingsForm {
  description: string;
  matchThreshold: number | null;
  targetPercent: number | null;
  qualityThreshold: number | null;
  maxUsers: number | null;
  retentionDays: number | null;
}

/** Return the form of settings that are there. */
export function asForm(settings: CollectionSettings | undefined): SettingsForm {
  return {
    description: settings?.description ?? "",
    matchThreshold: shown(settings?.matchThreshold),
    targetPercent: shown(settings?.targetFpir, 100),
    qualityThreshold: shown(settings?.qualityThreshold),
    maxUsers: settings?.maxUsers ?? null,
    retentionDays: settings?.retentionDays ?? null,
  };
}

/** Return the settings that a form asks for. */
export function asSettings(form: SettingsForm): MessageInitShape<typeof CollectionSettingsSchema> {
  return {
    description: form.description.trim() || undefined,
    matchThreshold: form.matchThreshold ?? undefined,
    targetFpir: form.targetPercent === null ? undefined : form.targetPercent / 100,
    qualityThreshold: form.qualityThreshold ?? undefined,
    maxUsers: form.maxUsers ?? undefined,
    retentionDays: form.retentionDays ?? undefined,
  };
}

/** Return a float32 with the digits that were typed. */
function shown(value: number | undefined, times = 1): number | null {
  return value === undefined ? null : Number((value * times).toPrecision(6));
}
