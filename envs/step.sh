#!/bin/sh
# A step of `make env`: step.sh COMMAND... If it fails for lack of room or of permission, one line says where
# and what to do. Otherwise it says what the command says.
said=$("$@" 2>&1) && {
  [ -z "$said" ] || printf '%s\n' "$said"
  exit 0
}
none='no space left|quota exceeded'
# The last cause of those that a program gives, if it is one of ours; uv cuts its lines to the terminal.
reason() {
  tr -s '[:space:]' ' ' | sed -E 's/.*(cause|[Ee]rror): //' | grep -iE "$none|permission denied|read-only file system"
}
# The module venv does not say why it could not install pip.
why=$(printf '%s' "$said" | reason || dd if=/dev/zero of=.venv/.room bs=1M count=32 2>&1 | head -n 1 | reason)
rm -f .venv/.room
[ -n "$why" ] || {
  printf '%s\n' "$said" >&2
  exit 1
}
todo="remove $PWD/.venv, or clone the project into a folder of your own"
printf '%s' "$why" | grep -qiE "$none" && todo="make room in $PWD: the environment takes 2 GB"
cache=XDG_CACHE_HOME
[ -z "${UV_CACHE_DIR:-}" ] || cache=UV_CACHE_DIR
elsewhere="to a folder that you can write, with 2 GB of room"
case $why in
  *"$PWD/.venv"*) ;;
  *[Cc]ache* | *"${UV_CACHE_DIR:-/.cache}"*) todo="set $cache $elsewhere" ;;
  *"${TMPDIR:-/tmp}"/*) todo="set TMPDIR $elsewhere" ;;
esac
echo "error: $why; $todo; then run make env again" >&2
exit 1
