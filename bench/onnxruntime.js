// SPDX-License-Identifier: Apache-2.0
// Times the float models of MLPerf Tiny in onnxruntime: one thread, best of several runs, as tinyml-bench times ours.
// usage: node onnxruntime.js MODELS_FOLDER OUTPUT.json, where onnxruntime-node can be found
const fs = require('fs');
const path = require('path');
const ort = require('onnxruntime-node');

const MODELS = {
  'mlperf-ad': 'ad01_fp32', 'mlperf-kws': 'kws_fp32', 'mlperf-ic': 'ic_resnet8_fp32', 'mlperf-vww': 'vww_96_fp32',
};
const RUNS = 7;
const RUN_NS = 100e6;

async function time(session, feeds) {
  let best = Infinity;
  for (let run = 0; run < RUNS; ++run) {
    const start = process.hrtime.bigint();
    let count = 0;
    let took = 0;
    do {
      await session.run(feeds);
      ++count;
      took = Number(process.hrtime.bigint() - start);
    } while (took < RUN_NS);
    best = Math.min(best, took / count);
  }
  return Math.round(best);
}

async function measure(folder, stem) {
  const options = { intraOpNumThreads: 1, interOpNumThreads: 1, executionMode: 'sequential' };
  const session = await ort.InferenceSession.create(path.join(folder, stem + '.onnx'), options);
  const bytes = fs.readFileSync(path.join(folder, stem + '.inputs.f32'));
  const values = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4 / 8); // the first of eight
  const shapes = { ad01_fp32: [1, 640], kws_fp32: [1, 1, 49, 10], ic_resnet8_fp32: [1, 3, 32, 32], vww_96_fp32: [1, 3, 96, 96] };
  const tensor = (shape) => ({ [session.inputNames[0]]: new ort.Tensor('float32', values, shape) });
  try {
    return await time(session, tensor(shapes[stem]));
  } catch (error) { // exported with channels last
    const s = shapes[stem];
    return time(session, tensor([s[0], s[2], s[3], s[1]]));
  }
}

async function main() {
  const [folder, output] = process.argv.slice(2);
  const host = [];
  for (const [model, stem] of Object.entries(MODELS)) {
    host.push({ runtime: 'onnxruntime, float, this run', model, host_ns: await measure(folder, stem) });
  }
  fs.writeFileSync(output, JSON.stringify({ host }, null, 2) + '\n');
}
main().catch((error) => { console.error(String(error)); process.exit(1); });
