"""Clips that guards have judged, as training takes them: a truth file beside each, made from the verdict.

In: the folder that `npm run verdicts` filled (MP4 and JSON per judged fall). Out: the same clips below
the working folder, each with the truth that generate.py would write for what is known of it: the one
track, and the times of the pictures, since a real camera's are not even. Whatever else moves in them is
unknown and taught as nothing.
"""

import json
import subprocess
from bisect import bisect_left
from pathlib import Path

# What guards say a false alarm was → class. What is not said is at least no thrown object.
CLASS_OF_LABEL = {
    "bird": "bird-or-insect", "leaf": "leaf-or-laundry", "laundry": "leaf-or-laundry",
    "rain": "rain-or-snow", "light": "reflection-or-flicker",
}


def prepare(folder: Path, work: Path) -> list[Path]:
    """The clips, ready for cut_clips; those that cannot be read are named and left out."""
    work.mkdir(parents=True, exist_ok=True)
    prepared = []
    for described in sorted(folder.glob("*.json")):
        source = described.with_suffix(".mp4")
        try:
            truth = truth_of(source, json.loads(described.read_text()))
        except (OSError, KeyError, ValueError, subprocess.CalledProcessError) as error:
            print(f"{described.name} is left out: {error}", flush=True)
            continue
        clip = work / source.name
        clip.unlink(missing_ok=True)
        clip.symlink_to(source.resolve())
        clip.with_suffix(".json").write_text(json.dumps(truth))
        # A verdict may have changed since the tiles were cut.
        clip.with_suffix(".npz").unlink(missing_ok=True)
        prepared.append(clip)
    return prepared


def truth_of(clip: Path, judged: dict) -> dict:
    times = frame_times(clip)
    label = "thrown-object" if judged["verdict"] == "true" else CLASS_OF_LABEL.get(judged.get("label") or "", "noise")
    period = (times[-1] - times[0]) / max(1, len(times) - 1)
    track = []
    for hit in judged["track"]:
        seconds = (hit["at"] - judged["clipFromAt"]) / 1000
        number = nearest_frame(times, seconds)
        if abs(times[number] - seconds) <= 0.6 * period:
            track.append([number, hit["x"], hit["y"], hit["sizePx"], 1])
    if not track:
        raise ValueError("its track lies outside of the clip")
    picture = judged["picture"]
    return {"kind": "verdict", "width": picture["width"], "height": picture["height"], "frames": len(times),
            "seconds": times, "partial": True, "objects": [{"class": label, "track": track}],
            "calibration": judged.get("calibration"), "regions": [], "weather": None, "lightChanges": False}


def nearest_frame(times: list[float], seconds: float) -> int:
    after = min(bisect_left(times, seconds), len(times) - 1)
    return min((max(0, after - 1), after), key=lambda frame: abs(times[frame] - seconds))


def frame_times(clip: Path) -> list[float]:
    """Seconds of each picture after the clip's first."""
    command = ["ffprobe", "-v", "error", "-select_streams", "v:0", "-show_entries", "frame=pts_time",
               "-of", "csv=p=0", str(clip)]
    lines = subprocess.run(command, capture_output=True, check=True, text=True).stdout.split()
    times = sorted(float(line.strip(",")) for line in lines)
    if len(times) < 5:
        raise ValueError("the clip has no pictures")
    return [time - times[0] for time in times]
