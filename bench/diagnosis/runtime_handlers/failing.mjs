// Handlers of Node.js functions that fail. Names are those in the table of `runtime_payloads`.
import { createServer } from "node:http";
import { spawn, execFileSync } from "node:child_process";

class OrderError extends Error {
  constructor(message, options) { super(message, options); this.name = "OrderError"; }
}
const answers = (text, status = 200) => new Promise((started) => {
  const server = createServer((_, response) => { response.writeHead(status); response.end(text); server.close(); server.closeAllConnections?.(); });
  server.listen(0, "127.0.0.1", () => started(`http://127.0.0.1:${server.address().port}/orders`));
});

export const missing_member = async (event) => event.order.number;
export const missing_list = async (event) => { for (const record of event.Records) await record; };
export const list_method = async (event) => event.Records.map((record) => record.body);
export const text_method = async (event) => event.detail.toUpperCase();
export const no_such_method = async (event) => event.rows.mapp((row) => row);
export const environment = async () => { if (!process.env.ORDERS_TABLE) throw new Error("environment variable ORDERS_TABLE is not set"); };
export const event_json = async (event) => JSON.parse(event.body);
export const no_text = async (event) => JSON.parse(event.nothing);
export const page = async () => (await fetch(await answers("<!DOCTYPE html><html>502"))).json();
export const plain_text = async () => (await fetch(await answers("Internal Server Error"))).json();
export const empty = async () => (await fetch(await answers(""))).json();
export const refused = async () => fetch("http://127.0.0.1:9/orders");
export const refused_twice = async () => {
  const { connect } = await import("node:net");
  const lookup = (host, options, found) => found(null, [{ address: "127.0.0.1", family: 4 }, { address: "::1", family: 6 }]);
  return new Promise((_, reject) => connect({ host: "orders.example", port: 9, lookup, autoSelectFamily: true }).on("error", reject));
};
export const hang_up = async () => {
  const { get } = await import("node:http");
  const { createServer: raw } = await import("node:net");
  const port = await new Promise((started) => { const server = raw((socket) => { socket.destroy(); server.close(); }).listen(0, "127.0.0.1", () => started(server.address().port)); });
  return new Promise((_, reject) => get({ host: "127.0.0.1", port }).on("error", reject));
};
export const slow = async () => { const server = await answers("late"); throw await fetch(server, { signal: AbortSignal.timeout(0) }).catch((error) => error); };
export const bigint = async () => ({ total: 1n });
export const circular = async () => { const order = {}; order.self = order; return order; };
export const date = async (event) => new Date(event.amount).toISOString();
export const bigint_text = async (event) => BigInt(event.amount);
export const uri = async () => decodeURIComponent("%E0%A4%A");
export const undefined_name = async () => orders;
export const not_a_function = async () => { const order = {}; return order.place(); };
export const argument_type = async () => Buffer.from(undefined);
export const aggregate = async () => Promise.any([Promise.reject(new Error("a")), Promise.reject(new Error("b"))]);
export const own = async () => { throw new OrderError("order was not placed"); };
export const cause = async () => { throw new OrderError("order was not placed", { cause: new Error("connect ECONNREFUSED") }); };
export const thrown_text = async () => { throw "order was not placed"; };
export const thrown_object = async () => { throw { code: "ThrottlingException", message: "Rate exceeded" }; };
export const late_rejection = async () => { Promise.reject(new Error("connect ETIMEDOUT 10.0.0.7:5432")); await new Promise((done) => setTimeout(done, 500)); };
export const stack_overflow = async function again() { return again(); };
export const no_file = async () => (await import("node:fs")).readFileSync("/var/task/settings.json");
export const no_program = async () => new Promise((_, reject) => spawn("ffmpeg-is-not-here").on("error", reject));
export const child = async () => execFileSync("/bin/sh", ["-c", "exit 127"], { stdio: "ignore" });
export const exit_5 = async () => process.exit(5);
export const status = async () => { throw new OrderError(`orders answered with 503: ${"x"}`); };
