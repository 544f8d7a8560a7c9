# Keeps one PostgreSQL server running, as an init system would: started again when it dies, ended and its folder
# removed when this shell is asked to end (also by the death of the thread that started it).
# Arguments: the folder, the `postgres` program, its options.
folder=$1 program=$2
shift 2
ending=
# TERM ends a process that is not a server yet, INT is a server's word for at once.
end() { kill -TERM "$server" && kill -INT "$server"; } 2>/dev/null
trap 'ending=1; end' TERM
while [ -z "$ending" ]; do
    "$program" "$@" >>"$folder/log" 2>&1 &
    server=$!
    # Asked to end while this one was being started, when its name was not known yet.
    [ -z "$ending" ] || break
    wait "$server"
    # A server that was killed leaves children that hold its shared memory for a moment.
    [ -n "$ending" ] || sleep 0.1
done
while end; do sleep 0.1; done
wait "$server"
rm -rf "$folder"
