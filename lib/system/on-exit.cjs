// Stands for signal-exit in the bundle (rolldown.config.ts): proper-lockfile takes its locks away
// when the process exits. signal-exit does so after a fatal signal too, but loads node:assert and
// with it the terminal's streams, 4 ms of a hook's start; a lock that a killed process leaves is
// taken over by the next one after some seconds anyway.
const onExit = (run) => {
  process.on('exit', run);
  return () => process.off('exit', run);
};

// proper-lockfile takes the function itself, restore-cursor (log-update) the name of later versions.
module.exports = Object.assign(onExit, { onExit });
