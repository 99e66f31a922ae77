/** Placeholder while the hub's public routes take shape. */
export function Component() {
  return null;
}
