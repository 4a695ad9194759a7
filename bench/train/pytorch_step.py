# SPDX-License-Identifier: Apache-2.0
"""Training steps of PyTorch on one thread, for comparison: prints one JSON object.

usage: pytorch_step.py lenet|mlp BATCH SECONDS
"""
import json
import sys
import time

try:
    import torch
except ImportError as error:
    print(f"pytorch_step.py: {error}; run tools/setup --training-bench", file=sys.stderr)
    sys.exit(3)

from torch import nn


def lenet():
    return nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
        nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10))


def mlp():
    return nn.Sequential(nn.Flatten(), nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 10))


def anonymous_bytes():
    with open("/proc/self/status", encoding="ascii") as status:
        fields = dict(line.split(":", 1) for line in status)
    return int(fields["RssAnon"].split()[0]) * 1024


def libraries():
    with open("/proc/self/maps", encoding="utf-8") as maps:
        names = {line.split()[-1] for line in maps}
    return "openblas" if any("openblas" in name for name in names) else "reference BLAS"


def main():
    name, batch, seconds = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
    torch.set_num_threads(1)
    torch.manual_seed(1)
    model = {"lenet": lenet, "mlp": mlp}[name]()
    loss_of = nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
    x = torch.rand(batch, 1, 28, 28)
    labels = torch.randint(0, 10, (batch,))

    def step():
        optimizer.zero_grad()
        loss_of(model(x), labels).backward()
        optimizer.step()

    for _ in range(20):
        step()
    if libraries() != "openblas":
        print("pytorch_step.py: PyTorch computes with a reference BLAS here, which compares with nothing; "
              "run tools/setup --training-bench, then update-alternatives --auto "
              "libblas.so.3-x86_64-linux-gnu", file=sys.stderr)
        sys.exit(3)
    best, peak = 0.0, 0
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        steps, start = 0, time.process_time()
        while time.process_time() - start < 0.25:
            for _ in range(5):
                step()
            steps += 5
        best = max(best, batch * steps / (time.process_time() - start))
        peak = max(peak, anonymous_bytes())
    print(json.dumps({
        "samples_per_cpu_second": best, "peak_anonymous_bytes": peak, "version": torch.__version__,
        "blas": libraries(), "parameters": sum(p.numel() for p in model.parameters())}))


main()
