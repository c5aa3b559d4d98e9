import './styles/index.css';
import { QueryClientProvider } from '@tanstack/react-query';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { RouterProvider } from 'react-router/dom';
import { queryClient, whenUnauthorized } from './api/query-client.ts';
import { paths } from './lib/paths.ts';
import { createRouter } from './routes.tsx';

const root = document.getElementById('root');
if (root === null) throw new Error('index.html has lost its #root');

const router = createRouter();
whenUnauthorized(() => {
  if (router.state.location.pathname !== paths.signIn) void router.navigate(paths.signIn);
});

createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={queryClient}>
      <RouterProvider router={router} />
    </QueryClientProvider>
  </StrictMode>,
);
