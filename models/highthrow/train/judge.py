"""Trains the judges: whether a track that the gateway's own tracker made is a fall, with a calibration and without.

    judge.py clips --work DIR     makes the clips and a list of them for edge/vision/tracks.ts
    judge.py fit --work DIR       reads the tracks, trains trees and two kinds of small nets, and writes judge.json beside
                                  the model

The clips: a few throws in a camera's minute, throws beside plenty of one distractor, and a busy day's
distractors at ten times their pace; with --verdicts FOLDER also the clips that people judged, of which only
the judged track is learnt, and weighs as much as many of ours. What comes in numbers at that pace would
give itself away by its company, as it never does in a camera's day. So such tracks are learnt from twice,
and the second time stand in the surroundings of a throw. The two bounds of calibrated cameras are those of
one that asks more of a track the more it has lately seen that was nearly one (edge/vision/judge/nuisance.ts).
"""

import argparse
import copy
import json
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier

from along import METRES as METRES_ALONG, Along, Sequences, train_along
from generate import Order, make_clips
from perceptron import Perceptron, Scale, train_perceptron
from recipes import DISTRACTORS
from verdicts import nearest_frame, prepare

MODEL = Path(__file__).resolve().parent.parent
# Seeds of these clips lie between those of the verifier and those of the evaluation.
SEED = 70_000
PACE = 10.0
SECONDS = {"falls": 20.0, "beside": 20.0, "day": 60.0}
# Distractors of which tracks look like falls have so many times the clips of the others.
HARD = {"insects": 4, "leaves": 4, "snow": 4, "traffic": 3, "birds": 3, "lights": 3, "rain": 2, "clouds": 2}
# Measures that tell of other things than the track, and those of them that tell of its like.
CROWD = ("company", "alike")
AROUND = (*CROWD, "sightings", "likely", "activeShare", "comingBack")
# What happens now and then; of the others (weather, trees, noise) only the like of a track is exchanged.
EVENTS = ("birds", "insects", "leaves", "traffic", "lights", "clouds", "infrared-switch")
# A track is a fall when it is so near to it in pixels, on the median, and shares so much of its time.
NEAR_PX, DOUBTFUL_PX, OVERLAP = 30.0, 60.0, 0.25
FRAMES_BEFORE, FRAMES_AFTER = 10, 25
FALL_WEIGHT = 2.0
# Of a track that somebody judged, in a real place, against one of a composite.
VERDICT_WEIGHT = 10.0
FORESTS = 4
# Trees, nets over a track's measures and nets along its sightings each say a third of the sum.
SHARE = 1 / 3
# Others with sums below this, of which so many are shown to the nets along the sightings.
NO_DOUBT, FEW = -6.0, 0.2
FOLDS = 5
# What is measured in metres, which only a calibrated camera knows.
METRES = ("speedDown", "speedAside", "accelerationDown", "accelerationAside", "startUp", "endUp", "startSpeedUp",
          "startSpeedAside", "misfit", "facadeShare", "windowProbability")
# Shares of the falls, as the parts that were left out tell them, that are told at all and as sure. Without a
# calibration the rules must agree as well (edge/vision/judge/accept.ts), so the judge lets some more pass.
TOLD = {"calibrated": 0.88, "uncalibrated": 0.90}
SURE = 0.75
# The judge of a camera that asks more of a track the more it has lately seen that was nearly one.
CAUTIOUS = "calibrated"
# What its bounds are fitted with (models/run.ts says what each means); a day at ten times
# its pace is forgotten as much faster.
NUISANCE = {"memoryMs": 600_000, "marginMin": -4.6, "unit": 0.1, "costMax": 3.0, "sameMs": 300, "sameShare": 0.1}
# The bound decides what weighs against a track, and that decides where the bound must be.
SETTLED_AFTER = 8


def orders(clips: int) -> list[Order]:
    wanted = [Order(SEED + 1, number, "falls", None, None, SECONDS["falls"]) for number in range(clips)]
    wanted += [Order(SEED + 2, number, "beside", None, None, SECONDS["beside"]) for number in range(max(1, clips // 4))]
    for kind in DISTRACTORS:
        wanted += [Order(SEED + 3, number, kind, None, None, SECONDS["day"], "day", PACE)
                   for number in range(max(1, round(clips / 80 * HARD.get(kind, 1))))]
    return wanted


def calibration(truth: dict) -> dict:
    """The facade's corners as an operator would click them, in the gateway's form."""
    known, places = truth["calibration"], []
    for name, corner in known["corners"].items():
        places.append({"x": corner["x"] / truth["width"], "y": corner["y"] / truth["height"],
                       "column": known["units"] if name.endswith("Right") else 0,
                       "floor": known["floors"] + 1 if name.startswith("top") else 1})
    return {"points": places, "columns": [str(unit + 1) for unit in range(known["units"])], "lowestFloor": 1,
            "highestFloor": known["floors"], "floorHeightMetres": known["heightMetres"] / known["floors"],
            "columnWidthMetres": known["widthMetres"] / known["units"]}


class Truth:
    """The falls of a clip, and their mirror images, by frame; of a judged clip the one track that is known."""

    def __init__(self, truth: dict) -> None:
        self.seconds = truth.get("seconds") or [frame / truth["fps"] for frame in range(truth["frames"])]
        self.period = self.seconds[-1] / (len(self.seconds) - 1)
        self.kind = truth["kind"]
        self.wet = truth["weather"] is not None
        self.judged = truth.get("partial", False)
        self.known: list[tuple[int, list[dict[int, tuple[float, float]]], float, float]] = []
        for item in truth["objects"]:
            fall = int(item["class"] == "thrown-object")
            seen = [point for point in item["track"] if point[4] == 1] if fall or self.judged else []
            if seen:
                ways = [{int(p[0]): (p[1], p[2]) for p in points} for points in (seen, item.get("mirrored", []))]
                self.known.append((fall, ways, self.seconds[int(seen[0][0])], self.seconds[int(seen[-1][0])]))

    def label(self, points: list[list[float]]) -> tuple[int, int]:
        """1 of a fall, 0 of none, -1 where that is not certain; and which thing of the truth."""
        best = (-1 if self.judged else 0, -1)
        start, end = points[0][0] / 1000, points[-1][0] / 1000
        for number, (fall, ways, first, last) in enumerate(self.known):
            if end < first - FRAMES_BEFORE * self.period or start > last + FRAMES_AFTER * self.period:
                continue
            apart = min(self._apart(points, way) for way in ways)
            shared = max(0.0, min(end, last) - max(start, first)) / max(1e-6, max(end, last) - min(start, first))
            if apart <= NEAR_PX and shared > OVERLAP:
                return fall, number
            if apart <= DOUBTFUL_PX:
                best = (-1, number)
        return best

    def _apart(self, points: list[list[float]], way: dict[int, tuple[float, float]]) -> float:
        gaps = []
        for at, x, y in points:
            frame = nearest_frame(self.seconds, at / 1000)
            near = [way[f] for f in (frame, frame - 1, frame + 1) if f in way]
            if near:
                gaps.append(min(float(np.hypot(x - spot[0], y - spot[1])) for spot in near))
        return float(np.median(gaps)) if gaps else float("inf")


class Tracks:
    """All tracks of all clips, a row each; what a clip without a calibration cannot tell is no number."""

    def __init__(self, files: list[tuple[Path, Path]]) -> None:
        rows, labels, falls, parts, clips, rare, weights = [], [], [], [], [], [], []
        self.points: list[np.ndarray] = []
        self.sequences = Sequences([], [])
        self.heights: list[int] = []
        self.kinds: list[str] = []
        self.names: list[str] = []
        for number, (tracks, video) in enumerate(files):
            known = json.loads(video.with_suffix(".json").read_text())
            truth = Truth(known)
            self.heights.append(known["height"])
            self.kinds.append(truth.kind)
            often = 1 if truth.kind in EVENTS and not truth.wet else 0 if truth.kind in DISTRACTORS else -1 if truth.kind == "falls" else -2
            for line in tracks.read_text().splitlines():
                track = json.loads(line)
                self.names = self.names or list(track["features"])
                self.sequences.add(track["sequence"])
                label, fall = truth.label(track["points"])
                rows.append([track["features"].get(name, np.nan) for name in self.names])
                self.points.append(np.array(track["points"]))
                labels.append(label)
                falls.append(fall)
                parts.append(track["isPart"])
                clips.append(number)
                rare.append(often)
                weights.append((FALL_WEIGHT if label == 1 else 1.0) * (VERDICT_WEIGHT if truth.judged else 1.0))
        self.values = np.array(rows)
        self.labels, self.falls, self.clips = np.array(labels), np.array(falls), np.array(clips)
        self.parts, self.rare, self.weights = np.array(parts), np.array(rare), np.array(weights)

    def measured(self) -> "Tracks":
        """Those of which everything is known."""
        kept = np.flatnonzero(~np.isnan(self.values).any(1))
        other = copy.copy(self)
        other.points = [self.points[row] for row in kept]
        other.sequences = self.sequences.chosen(kept)
        for name in ("values", "labels", "falls", "clips", "parts", "rare", "weights"):
            setattr(other, name, getattr(self, name)[kept])
        return other

    def without_metres(self) -> "Tracks":
        kept = [column for column, name in enumerate(self.names) if name not in METRES]
        other = copy.copy(self)
        other.names, other.values = [self.names[column] for column in kept], self.values[:, kept]
        other.sequences = self.sequences.without(METRES_ALONG)
        return other

    def elsewhere(self, chosen: np.ndarray, throws: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """The tracks in the surroundings of throws: all that is around them, or only their like."""
        moved = self.values[chosen].copy()
        where = self.values[rng.choice(throws, len(chosen))]
        for names, some in ((AROUND, self.rare[chosen] == 1), (CROWD, self.rare[chosen] == 0)):
            columns = [self.names.index(name) for name in names]
            moved[np.ix_(some, columns)] = where[np.ix_(some, columns)]
        return moved


@dataclass
class Judge:
    """Several forests, each of its own draw of the rows, and two kinds of small nets: they are wrong about other tracks."""

    forests: list[HistGradientBoostingClassifier]
    scale: Scale
    perceptron: Perceptron
    along: Along

    def sums(self, values: np.ndarray, sequences: Sequences) -> np.ndarray:
        trees = np.mean([forest.decision_function(values) for forest in self.forests], axis=0)
        scores = self.scale(values)
        return SHARE * (trees + self.perceptron.sums(scores) + self.along.sums(scores, sequences))

    def described(self, tracks: Tracks) -> dict:
        """For judge.json."""
        nets = {"curves": self.scale.described(), "plain": self.perceptron.described(SHARE),
                "columns": tracks.sequences.names, "along": self.along.described(SHARE)}
        return {"features": tracks.names, "trees": trees_of(self.forests), "nets": nets}


def train(tracks: Tracks, learnt: np.ndarray, seed: int) -> Judge:
    """`learnt` says which rows."""
    rng = np.random.default_rng(seed)
    rows = np.flatnonzero(learnt & (tracks.labels >= 0))
    throws = np.flatnonzero(learnt & (tracks.labels == 1) & (tracks.rare == -1))
    of_a_day = np.flatnonzero(learnt & (tracks.labels == 0) & (tracks.rare >= 0))
    values = np.concatenate([tracks.values[rows], *(tracks.elsewhere(of_a_day, throws, rng) for _ in range(2))])
    which = np.concatenate([rows, of_a_day, of_a_day])
    labels, weights = tracks.labels[which], tracks.weights[which]
    forests = []
    for number in range(FORESTS):
        drawn = rng.choice(len(labels), len(labels))
        forest = HistGradientBoostingClassifier(
            max_iter=180, learning_rate=0.06, max_leaf_nodes=8, min_samples_leaf=12, l2_regularization=3.0,
            early_stopping=False, random_state=seed + number)
        forests.append(forest.fit(values[drawn], labels[drawn], weights[drawn]))
    scale = Scale(values)
    scores = scale(values)
    perceptron = train_perceptron(scores, labels, weights, seed)
    # What trees and plain nets have no doubt about teaches little: of it a few stand for all.
    sums = np.mean([forest.decision_function(values) for forest in forests], axis=0) + perceptron.sums(scores)
    doubtful = (sums / 2 > NO_DOUBT) | (labels == 1)
    learnt_along = np.flatnonzero(doubtful | (rng.random(len(labels)) < FEW))
    weighing = np.where(doubtful, weights, weights / FEW)[learnt_along]
    along = train_along(scores[learnt_along], tracks.sequences, which[learnt_along], labels[learnt_along], weighing, seed)
    return Judge(forests, scale, perceptron, along)


def left_out(tracks: Tracks) -> tuple[np.ndarray, np.ndarray]:
    """Sums of all rows by judges that know nothing of their clip: as they are, and elsewhere."""
    rng = np.random.default_rng(0)
    fold = rng.permutation(int(tracks.clips.max()) + 1) % FOLDS
    here, elsewhere = np.zeros(len(tracks.labels)), np.zeros(len(tracks.labels))
    throws = np.flatnonzero((tracks.labels == 1) & (tracks.rare == -1))
    for number in range(FOLDS):
        held = np.flatnonzero(fold[tracks.clips] == number)
        judge = train(tracks, fold[tracks.clips] != number, number)
        sequences = tracks.sequences.chosen(held)
        here[held] = judge.sums(tracks.values[held], sequences)
        elsewhere[held] = judge.sums(tracks.elsewhere(held, throws, rng), sequences)
    return here, elsewhere


def costs(tracks: Tracks, sums: np.ndarray, told: float) -> np.ndarray:
    """By how much each whole track must be above the bound for what its camera has seen before it."""
    cost = np.zeros(len(sums))
    ends = np.array([points[-1, 0] for points in tracks.points])
    whole = np.flatnonzero(~tracks.parts)
    for clip in np.unique(tracks.clips):
        rows = whole[tracks.clips[whole] == clip]
        memory_ms = NUISANCE["memoryMs"] / (PACE if (tracks.rare[rows] >= 0).any() else 1.0)
        near_px = NUISANCE["sameShare"] * tracks.heights[clip]
        seen: list[tuple[np.ndarray, float, float]] = []
        for row in rows[np.argsort(ends[rows], kind="stable")]:
            same = [_passes(tracks.points[row], middle, near_px) for middle, _, _ in seen]
            load = sum(weight * np.exp((end - ends[row]) / memory_ms)
                       for is_same, (_, end, weight) in zip(same, seen) if not is_same)
            cost[row] = min(NUISANCE["costMax"], np.log1p(load / NUISANCE["unit"]))
            margin = sums[row] - told
            # What was told, or is of something that was thrown, weighs against nothing.
            if tracks.labels[row] != 0 or margin >= cost[row] or margin < NUISANCE["marginMin"]:
                continue
            weight = max([float(np.exp(min(0.0, margin))), *(one[2] for is_same, one in zip(same, seen) if is_same)])
            seen = [one for is_same, one in zip(same, seen) if not is_same]
            seen.append((tracks.points[row][len(tracks.points[row]) // 2], ends[row], weight))
    return cost


def _passes(points: np.ndarray, middle: np.ndarray, near_px: float) -> bool:
    near = np.abs(points[:, 0] - middle[0]) <= NUISANCE["sameMs"]
    return bool((np.hypot(points[near, 1] - middle[1], points[near, 2] - middle[2]) <= near_px).any())


def bounds(name: str, tracks: Tracks, here: np.ndarray, elsewhere: np.ndarray) -> tuple[float, float]:
    """The sums from which a track is told and is sure; says what they would let through."""
    whole = ~tracks.parts
    sums = np.where(tracks.rare == 1, elsewhere, here)
    cost = np.zeros(len(sums))
    for _ in range(SETTLED_AFTER):
        best: dict[tuple[int, int], float] = {}
        for row in np.flatnonzero(whole & (tracks.labels == 1) & (tracks.rare == -1)):
            key = (int(tracks.clips[row]), int(tracks.falls[row]))
            best[key] = max(best.get(key, -99.0), sums[row] - cost[row])
        found = np.array(list(best.values()))
        told, sure = (float(np.quantile(found, 1 - share)) for share in (TOLD[name], SURE))
        if name != CAUTIOUS:
            break
        cost = costs(tracks, sums, told)
    others = whole & (tracks.labels == 0)
    for way, bound in (("told", told), ("sure", sure)):
        let = others & (sums - cost >= bound)
        by_kind: dict[str, int] = {}
        for clip in tracks.clips[let]:
            by_kind[tracks.kinds[clip]] = by_kind.get(tracks.kinds[clip], 0) + 1
        print(f"{name}, {way} from {bound:.2f}: {np.mean(found >= bound):.3f} of {len(found)} falls, others {by_kind}", flush=True)
    return told, sure


def trees_of(forests: list[HistGradientBoostingClassifier]) -> list[dict]:
    share = SHARE / len(forests)
    trees = []
    for forest in forests:
        for (predictor,) in forest._predictors:
            nodes = predictor.nodes
            leaf = nodes["is_leaf"].astype(bool)
            trees.append({
                "feature": np.where(leaf, -1, nodes["feature_idx"].astype(int)).tolist(),
                "threshold": [0.0 if end else float(f"{bound:.6g}") for end, bound in zip(leaf, nodes["num_threshold"])],
                "left": np.where(leaf, 0, nodes["left"]).tolist(),
                "right": np.where(leaf, 0, nodes["right"]).tolist(),
                "value": [round(float(value) * share, 5) if end else 0.0 for end, value in zip(leaf, nodes["value"])],
            })
    base = share * sum(forest._baseline_prediction.item() for forest in forests)
    return [{"feature": [-1], "threshold": [0.0], "left": [0], "right": [0], "value": [round(base, 5)]}, *trees]


def fit(work: Path, target: Path, processes: int) -> None:
    listed = json.loads((work / "list.json").read_text())
    files = [(work / "tracks" / f"{Path(clip['video']).stem}.jsonl", Path(clip["video"])) for clip in listed]
    tracks = Tracks(files)
    print(f"{len(files)} clips, {(tracks.labels == 1).sum()} tracks of falls, {(tracks.labels == 0).sum()} others", flush=True)
    known = {"calibrated": tracks.measured(), "uncalibrated": tracks.without_metres()}
    with ProcessPoolExecutor(processes) as pool:
        judges = dict(zip(known, pool.map(fit_judge, known, known.values())))
    target.write_text(json.dumps(judges, separators=(",", ":")) + "\n")


def fit_judge(name: str, tracks: Tracks) -> dict:
    told, sure = bounds(name, tracks, *left_out(tracks))
    judge = train(tracks, np.ones(len(tracks.labels), bool), seed=99)
    nuisance = {"nuisance": NUISANCE} if name == CAUTIOUS else {}
    return judge.described(tracks) | {"told": round(told, 3), "sure": round(sure, 3)} | nuisance


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("step", choices=["clips", "fit"])
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--clips", type=int, default=960, help="clips with throws; all others follow from it")
    parser.add_argument("--verdicts", type=Path, help="a folder that `npm run verdicts` has filled")
    parser.add_argument("--processes", type=int, default=2)
    options = parser.parse_args()
    if options.step == "fit":
        fit(options.work, MODEL / "judge.json", options.processes)
        return
    videos = make_clips(orders(options.clips), options.work / "clips", options.processes)
    listed = [{"video": str(video), "calibration": calibration(json.loads(video.with_suffix(".json").read_text()))}
              for video in videos]
    for video in prepare(options.verdicts, options.work / "verdicts") if options.verdicts else []:
        known = json.loads(video.with_suffix(".json").read_text())["calibration"]
        listed.append({"video": str(video)} | ({"calibration": known} if known else {}))
    (options.work / "list.json").write_text(json.dumps(listed))


if __name__ == "__main__":
    main()
