import type { Machine } from "@fleet/rig";
import { describe, expect, test } from "vitest";

import { scenarioCluster } from "../support/scenario-cluster.ts";

/** A machine as the API spells it. */
interface MachineWire {
  readonly id: string;
  readonly primaryIP: string;
  readonly metadata: Readonly<Record<string, string>>;
}

interface Answer {
  readonly status: number;
  readonly contentType: string | null;
  readonly text: string;
}

// What a program sees that asks a fleetd for its machines without fleetctl.
describe("machines of the HTTP API", () => {
  const smoke = scenarioCluster(2);
  const { fleet } = smoke;

  test("TestMachinesList: machines are listed", async () => {
    const answer = await request("GET");
    expect(answer).toMatchObject({ status: 200, contentType: "application/json" });
    expect(idsIn(answer)).toEqual((await fleet.machines(2)).toSorted());
  });

  test("TestMachinesListBadNextPageToken: a page token that is none of the server's is refused", async () => {
    expect(await request("GET", undefined, "?nextPageToken=EwBMLg==")).toMatchObject({
      status: 400,
      contentType: "application/json",
    });
  });

  test("TestMachinesPatchAddModify: metadata is added and replaced", async () => {
    const [first, second] = await twoMachines();
    const change = [
      { op: "add", path: `/${first.id}/metadata/foo`, Value: { value: "bar" } },
      { op: "replace", path: `/${second.id}/metadata/ping`, Value: { value: "splat" } },
    ];
    expect(await request("PATCH", change)).toEqual({
      status: 204,
      contentType: "application/json",
      text: "",
    });
    expect(await listed()).toEqual(
      expectedOf([first, { foo: "bar" }], [second, { ping: "splat" }]),
    );
  });

  test("TestMachinesPatchDelete: removing metadata that is not there is no mistake", async () => {
    const [first, second] = await twoMachines();
    const change = [
      { op: "remove", path: `/${first.id}/metadata/foo` },
      { op: "remove", path: `/${second.id}/metadata/ping` },
    ];
    for (let round = 0; round < 2; round += 1) {
      expect(await request("PATCH", change)).toMatchObject({
        status: 204,
        contentType: "application/json",
      });
      expect(await listed()).toEqual(expectedOf([first, {}], [second, {}]));
    }
  });

  test("TestMachinesPatchBad: an operation or a path that does not exist is refused", async () => {
    const [{ id }] = await twoMachines();
    for (const operation of [
      { op: "noop", path: `/${id}/metadata/foo`, value: { value: "bar" } },
      { op: "add", path: `/${id}/foo`, value: { value: "bar" } },
      { op: "add", path: `/${id}/foo`, value: { value: "" } },
    ]) {
      expect(await request("PATCH", [operation])).toMatchObject({
        status: 400,
        contentType: "application/json",
      });
    }
  });

  async function request(method: string, body?: unknown, query = ""): Promise<Answer> {
    const url = `${smoke.cluster.endpoint()}/fleet/v1/machines${query}`;
    const answer = await fetch(url, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const contentType = answer.headers.get("content-type");
    return { status: answer.status, contentType, text: await answer.text() };
  }

  async function listed(): Promise<readonly MachineWire[]> {
    return machinesIn(await request("GET"));
  }

  function machinesIn({ text }: Answer): readonly MachineWire[] {
    return (JSON.parse(text) as { readonly machines: readonly MachineWire[] }).machines;
  }

  function idsIn(answer: Answer): readonly string[] {
    return machinesIn(answer).map((machine) => machine.id);
  }

  async function twoMachines(): Promise<readonly [Machine, Machine]> {
    await fleet.machines(2);
    const [first, second] = smoke.cluster.machines;
    if (first === undefined || second === undefined) throw new Error("not two machines");
    return [first, second];
  }

  /** The two machines as they are to be listed, with this metadata beside their hostnames. */
  function expectedOf(
    ...machines: readonly (readonly [Machine, Readonly<Record<string, string>>])[]
  ): readonly MachineWire[] {
    return machines
      .map(([{ id, address, hostname }, metadata]) => ({
        id,
        primaryIP: address,
        metadata: { hostname, ...metadata },
      }))
      .toSorted((a, b) => (a.id < b.id ? -1 : 1));
  }
});
