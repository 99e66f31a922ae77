#!/bin/sh
# Makes the committed model from nothing: clips, tiles, training, hard-negative mining, export.
# About 45 minutes on two cores. Working files stay in .training/, which git ignores; delete it to
# start over. PYTHON names an interpreter with torch, onnx, opencv and numpy; ffmpeg must be on the path.
set -eu
here=$(dirname "$0")
work=${TRAINING_DIR:-$here/../../../.training/run}
python=${PYTHON:-/usr/bin/python3}
mkdir -p "$work"
# Large buffers are kept instead of being given back to the system after each step, which halves the time.
export MALLOC_MMAP_MAX_=0 MALLOC_TRIM_THRESHOLD_=100000000000 MALLOC_TOP_PAD_=100000000
nice -n 10 "$python" -u "$here/train.py" --work "$work" "$@"
nice -n 10 "$python" "$here/export.py" --work "$work"
"$here/../../../node_modules/.bin/biome" format --write "$here/../model.json"
