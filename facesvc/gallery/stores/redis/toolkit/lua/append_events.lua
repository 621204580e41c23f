-- The rest is id, kind, collection, time and data of each event, none of them a write's.
for at = 1, #rest, 5 do
  add_event(args.epoch, 'i', rest[at], 'k', rest[at + 1], 'c', rest[at + 2], 't', rest[at + 3],
            'd', rest[at + 4])
end
return #rest / 5
