import './styles/index.css';
import './lib/arrival.ts';
import { QueryClientProvider } from '@tanstack/react-query';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { RouterProvider } from 'react-router/dom';
import { queryClient, whenUnauthorized } from './api/query-client.ts';
import { afterData } from './lib/after-data.ts';
import { preloadParts } from './lib/part.ts';
import { paths } from './lib/paths.ts';
import { createRouter } from './routes.tsx';

/** What the first page still fetches for itself comes first. */
const PRELOAD_AFTER_MS = 1500;

const root = document.getElementById('root');
if (root === null) throw new Error('index.html has lost its #root');

const router = createRouter();
whenUnauthorized(() => {
  if (router.state.location.pathname !== paths.signIn) void router.navigate(paths.signIn);
});

// Every page opens at once then, and one that was never opened does so when the console is gone.
const begin = router.subscribe(({ initialized, navigation }) => {
  if (!initialized || navigation.state !== 'idle') return;
  begin();
  afterData(preloadParts, PRELOAD_AFTER_MS);
});

createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={queryClient}>
      <RouterProvider router={router} />
    </QueryClientProvider>
  </StrictMode>,
);
