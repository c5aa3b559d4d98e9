/**
 * Why a connection was ended by the console itself. `message` goes on from the server's name: "10.1.0.4:5432 asks for …".
 */
export class WireFault extends Error {
  override name = 'WireFault';
  /** protocol: its bytes, or no TLS comes about; auth: how it asks who we are, or does not say who it is. */
  readonly code: 'protocol' | 'auth';
  /** sslmode allow and prefer: the way with TLS did not come about, the one without may, or the other way round. */
  readonly mayTryOtherWay: boolean;

  constructor(code: WireFault['code'], message: string, { mayTryOtherWay = false } = {}) {
    super(message);
    this.code = code;
    this.mayTryOtherWay = mayTryOtherWay;
  }
}

/** Bytes that are not PostgreSQL's protocol. `what`: "a row is cut short". */
export const notProtocol = (what: string): WireFault =>
  new WireFault(
    'protocol',
    `does not keep to PostgreSQL's protocol: ${what}. The connection was closed. Check that a PostgreSQL server listens there, and what is in between.`,
  );
