import { vi } from 'vitest';

// Runs before each file of a process that files share: the modules of its own package and its fixtures start anew, only
// what they load of other packages and of TensorFlow.js stays.
vi.resetModules();
