/** What a smart bin says at once, about 200 bytes; its text is no series. */
export const BIN_MESSAGE = {
  fillPercent: 41.5,
  temperatureCelsius: 23.4,
  weightKilogram: 12.75,
  tiltDegree: 1.5,
  lidOpen: false,
  stream: 'recyclable',
  batteryPercent: 87,
  rssiDbm: -71,
};
