/** The ways of replicating, by the value of `engine` in the API and in the store; core/engines has one folder for each. */
export const engineNames = ['spock'] as const;
export type EngineName = (typeof engineNames)[number];

/** Of a cluster where nobody said another. */
export const defaultEngine: EngineName = 'spock';
