/** Settings of the server by their names in postgresql.conf. */
export type ServerSettings = Readonly<Record<string, string>>;

/**
 * A small server beside its application: durable (fsync and synchronous_commit stay on), reached over
 * loopback only, tuned for bulk loads of some hundred thousand rows and short queries between them.
 */
export const SERVER_SETTINGS: ServerSettings = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: '100',
  fsync: 'on',
  synchronous_commit: 'on',
  shared_buffers: '256MB',
  temp_buffers: '32MB',
  work_mem: '16MB',
  maintenance_work_mem: '128MB',
  effective_cache_size: '1GB',
  max_wal_size: '2GB',
  checkpoint_timeout: '15min',
  wal_level: 'minimal',
  max_wal_senders: '0',
  jit: 'off',
  timezone: 'UTC',
  log_timezone: 'UTC',
};

/** The settings as arguments of postgres. */
export function settingArguments(settings: ServerSettings): string[] {
  return Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}
