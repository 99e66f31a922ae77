/** The hub's side of the line to its gateways. */
export interface Uplink {
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Cuts a gateway whose secret was revoked. */
  disconnect(gatewayId: string): void;
}
