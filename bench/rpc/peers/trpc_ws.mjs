import { applyWSSHandler } from '@trpc/server/adapters/ws';
import { WebSocketServer } from 'ws';
import { createContext, router } from './trpc_router.mjs';

applyWSSHandler({ wss: new WebSocketServer({ port: Number(process.argv[2]), host: '127.0.0.1', path: '/trpc' }), router, createContext });
