// The part of aws-lambda-ric that is compiled from C++, in JavaScript: it posts answers and errors to the Runtime
// API. What is posted is made by the client itself; the compiled part only carries it.
const { spawnSync } = require("node:child_process");
const Module = require("node:module");

const address = `http://${process.env.AWS_LAMBDA_RUNTIME_API}`;
const program = "fetch(process.argv[1], { method: 'POST', body: require('node:fs').readFileSync(0) })";
// As the compiled part does, it returns when the answer is there: the process may end right behind it.
const post = (path, body) => spawnSync(process.execPath, ["-e", program, address + path], { input: body });
const client = {
  initializeClient() {},
  next() { throw new Error("AWS_LAMBDA_NODEJS_USE_ALTERNATIVE_CLIENT_1 is not set"); },
  done(id, body) { post(`/2018-06-01/runtime/invocation/${id}/response`, body); },
  error(id, body) { post(`/2018-06-01/runtime/invocation/${id}/error`, body); },
};
const load = Module._load;
Module._load = (request, ...rest) => (request.endsWith("rapid-client.node") ? client : load(request, ...rest));
