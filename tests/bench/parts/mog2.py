"""The usual way, untuned: MOG2 background subtraction, blobs, nearest-neighbour tracks, a drop of 15 %.

In: a video. Out: {"events": [{"startMs", "endMs"}], "msPerFrame", "cpuMsPerFrame"} as JSON.
"""

import json
import sys
import time

import cv2

AREA_MIN, AREA_MAX = 4, 2500
HITS_MIN, MISSES_MAX = 6, 8
DROP_SHARE_MIN = 0.15


def main(path: str) -> None:
    cv2.setNumThreads(1)
    video = cv2.VideoCapture(path)
    fps = video.get(cv2.CAP_PROP_FPS) or 25
    subtractor = cv2.createBackgroundSubtractorMOG2(history=300, varThreshold=25, detectShadows=False)
    live, done, number = [], [], 0
    began, worked = time.perf_counter(), time.process_time()
    while True:
        read, frame = video.read()
        if not read:
            break
        height, width = frame.shape[:2]
        mask = subtractor.apply(frame)
        count, _, stats, centres = cv2.connectedComponentsWithStats(mask)
        blobs = [tuple(centres[i]) for i in range(1, count) if AREA_MIN <= stats[i][4] <= AREA_MAX]
        reach = max(width, height) * 0.05
        for track in live:
            x, y = track["points"][-1][1:]
            near = min(blobs, key=lambda b: (b[0] - x) ** 2 + (b[1] - y) ** 2, default=None)
            if number > 25 and near and (near[0] - x) ** 2 + (near[1] - y) ** 2 <= reach**2:
                track["points"].append((number, *near))
                track["missed"] = 0
                blobs.remove(near)
            else:
                track["missed"] += 1
        done += [track for track in live if track["missed"] > MISSES_MAX]
        live = [track for track in live if track["missed"] <= MISSES_MAX]
        if number > 25:
            live += [{"points": [(number, *blob)], "missed": 0} for blob in blobs[:64]]
        number += 1
    span, work = time.perf_counter() - began, time.process_time() - worked
    events = []
    for track in done + live:
        points = track["points"]
        drop, drift = points[-1][2] - points[0][2], abs(points[-1][1] - points[0][1])
        if len(points) >= HITS_MIN and drop >= height * DROP_SHARE_MIN and drift <= drop:
            events.append({"startMs": points[0][0] * 1000 / fps, "endMs": points[-1][0] * 1000 / fps})
    print(json.dumps({"events": events, "msPerFrame": span * 1000 / max(1, number),
                      "cpuMsPerFrame": work * 1000 / max(1, number)}))


main(sys.argv[1])
