#!/bin/sh
# Makes a model from nothing: clips, tiles, training of the verifier in three rounds, each with the errors
# of the one before, export; then clips for the judge, the tracks that the gateway makes of them, training
# of the judge. On two cores of its own about 40 minutes for the verifier (20 for 1,100 clips and their
# tiles, 20 for 30,000 steps on one thread) and two and a quarter hours for the judge, 7 GB of memory. Working
# files stay in .training/, which git ignores: a run that was stopped goes on where it was; delete the folder
# to start over. PYTHON names an interpreter with torch, onnx, opencv, sklearn and numpy; ffmpeg must be on
# the path.
# JUDGE_CLIPS makes the judge's part shorter, as --clips and --steps do for the verifier's. --verdicts FOLDER
# goes to both.
set -eu
here=$(dirname "$0")
work=${TRAINING_DIR:-$here/../../../.training/run}
python=${PYTHON:-/usr/bin/python3}
trap 'status=$?; [ "$status" -eq 0 ] || echo "Training stopped with status $status; the same command goes on where it was." >&2' EXIT
mkdir -p "$work"
verdicts= before=
for argument; do
  case $before,$argument in
    --verdicts,*) verdicts=$argument ;;
    *,--verdicts=*) verdicts=${argument#--verdicts=} ;;
  esac
  before=$argument
done
# Large buffers are kept instead of being given back to the system after each step, which halves the time.
export MALLOC_MMAP_MAX_=0 MALLOC_TRIM_THRESHOLD_=100000000000 MALLOC_TOP_PAD_=100000000
nice -n 10 "$python" -u "$here/train.py" --work "$work" "$@"
nice -n 10 "$python" "$here/export.py" graphs --work "$work"
# The judge learns from the tracks that the gateway's own tracker makes with this verifier.
judge=$work/judge
nice -n 10 "$python" -u "$here/judge.py" clips --work "$judge" ${JUDGE_CLIPS:+--clips "$JUDGE_CLIPS"} \
  ${verdicts:+--verdicts "$verdicts"}
nice -n 10 node --disable-warning=ExperimentalWarning "$here/../../../edge/vision/tracks.ts" "$judge/list.json" "$judge/tracks"
# More threads than cores that are free wait for each other at every tree.
OMP_NUM_THREADS=1 nice -n 10 "$python" -u "$here/judge.py" fit --work "$judge"
nice -n 10 "$python" "$here/export.py" judge
