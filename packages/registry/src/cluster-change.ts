import {
  decodeDeparture,
  decodeEntry,
  decodeLeaving,
  decodeMachine,
  decodeUnit,
  decodeUnitFile,
} from "./codec.ts";
import type { KeyMeaning, Keys } from "./keys.ts";
import type { ClusterChange } from "./registry.ts";
import type { KeyValue, WatchEvent } from "./store.ts";
import { orUnreadable, unreadableEntry } from "./unreadable.ts";

/** What an event means for placement; undefined for keys that placement does not depend on. */
export function clusterChangeOf(keys: Keys, event: WatchEvent): ClusterChange | undefined {
  const key = event.kind === "put" ? event.item.key : event.key;
  const meaning = keys.meaningOf(key);
  if (event.kind === "delete") return removal(meaning);
  if (meaning.kind === "malformed") {
    return { kind: "unreadable", entry: unreadableEntry(key, meaning, meaning.problem) };
  }
  const read = orUnreadable(key, meaning, () => written(meaning, event.item));
  return "unreadable" in read ? { kind: "unreadable", entry: read.unreadable } : read.value;
}

/** @throws {RegistryDataError} */
function written(meaning: KeyMeaning, item: KeyValue): ClusterChange | undefined {
  const { key, value, modRevision: revision } = item;
  switch (meaning.kind) {
    case "unit": {
      const name = meaning.unit;
      return { kind: "unit", name, unit: { name, ...decodeUnit(key, value), revision } };
    }
    case "unit-file": {
      const { hash } = meaning;
      return {
        kind: "file",
        hash,
        file: { hash, file: decodeUnitFile(key, hash, value), revision },
      };
    }
    case "machine": {
      const { machine } = decodeMachine(key, meaning.machine, value);
      return { kind: "machine", id: machine.id, machine, lease: item.lease };
    }
    case "departed":
      return { kind: "departure", machine: meaning.machine, departure: decodeDeparture(value) };
    case "metadata":
      return { kind: "metadata", machine: meaning.machine, key: meaning.name, value };
    case "assignment": {
      const { unit, machine } = meaning;
      return { kind: "assignment", unit, machine, entry: decodeEntry(key, unit, value) };
    }
    case "leaving": {
      const { unit, machine } = meaning;
      return { kind: "leaving", unit, machine, leaving: decodeLeaving(key, meaning, value) };
    }
    default:
      return undefined;
  }
}

function removal(meaning: KeyMeaning): ClusterChange | undefined {
  switch (meaning.kind) {
    case "unit":
      return { kind: "unit", name: meaning.unit, unit: undefined };
    case "unit-file":
      return { kind: "file", hash: meaning.hash, file: undefined };
    case "machine":
      return { kind: "machine", id: meaning.machine, machine: undefined };
    case "departed":
      return { kind: "departure", machine: meaning.machine, departure: undefined };
    case "metadata":
      return { kind: "metadata", machine: meaning.machine, key: meaning.name, value: undefined };
    case "assignment": {
      const { unit, machine } = meaning;
      return { kind: "assignment", unit, machine, entry: undefined };
    }
    case "leaving": {
      const { unit, machine } = meaning;
      return { kind: "leaving", unit, machine, leaving: undefined };
    }
    default:
      return undefined;
  }
}
