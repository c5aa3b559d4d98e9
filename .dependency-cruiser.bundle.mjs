/** The walls of what is shipped: imports of types are gone here, so that what is reached is what a bundle would hold. */
import named from './.dependency-cruiser.mjs';

export default {
  forbidden: [
    {
      name: 'src-without-zod',
      comment:
        'zod weighs more than a page: the page reads types, and functions of core that need no schema.',
      severity: 'error',
      from: { path: '^src/', pathNot: String.raw`\.test\.tsx?$` },
      to: { path: '(^|/)node_modules/zod/', reachable: true },
    },
  ],
  options: { ...named.options, tsPreCompilationDeps: false },
};
