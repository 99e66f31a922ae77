/** A drawn picture of a facade with a trajectory, in the place of a camera's. */
export const FAKE_TRACK = {
  picture: { width: 1280, height: 720 },
  track: Array.from({ length: 14 }, (_, index) => ({
    at: index * 80,
    x: 700 + index * 4,
    y: 120 + 3.2 * index * index,
  })),
  places: [
    [4, 1, 0.62],
    [3, 1, 0.21],
    [4, 2, 0.09],
  ].map(([column = 0, row = 0, probability = 0]) => {
    const [left, top] = [414 + column * 75, 52 + row * 62];
    return {
      floor: 10 - row,
      unit: `${column + 1}`,
      probability,
      corners: [
        { x: left, y: top + 52 },
        { x: left, y: top },
        { x: left + 58, y: top },
        { x: left + 58, y: top + 52 },
      ],
    };
  }),
};

export function fakePicture(): string {
  const windows = Array.from({ length: 60 }, (_, index) => {
    const x = 420 + (index % 6) * 75;
    const y = 60 + Math.floor(index / 6) * 62;
    return `<rect x="${x}" y="${y}" width="46" height="36" fill="${(index * 7) % 13 < 3 ? '#c9a45a' : '#26323f'}"/>`;
  }).join('');
  const path = FAKE_TRACK.track.map((point) => `${point.x},${point.y}`).join(' ');
  const dots = FAKE_TRACK.track
    .map((point) => `<circle cx="${point.x}" cy="${point.y}" r="6" fill="none" stroke="#ff5b4f" stroke-width="2"/>`)
    .join('');
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1280 720" width="1280" height="720"><rect width="1280" height="720" fill="#3b4756"/><rect x="380" y="30" width="520" height="690" fill="#57616e"/>${windows}<polyline points="${path}" fill="none" stroke="#ff5b4f" stroke-width="3"/>${dots}</svg>`;
}
