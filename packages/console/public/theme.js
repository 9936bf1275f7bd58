// Before anything is painted, so that a remembered theme does not flash; a file of its own, because the policy allows no inline script.
try {
  const theme = localStorage.getItem('tenon.theme')
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme
} catch {
  // Storage is closed to us: the system's theme it is.
}
