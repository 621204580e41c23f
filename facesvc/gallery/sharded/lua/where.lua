-- Chooses users by their metadata, as facesvc/domain/metadata_filter.py does: args.where is a JSON
-- object of what must be equal, '' for everybody. A missing key is nil, which equals nothing.
local where = args.where ~= '' and cjson.decode(args.where)

local function is_chosen(metadata)
  if not where then return true end
  if not metadata or metadata == '' then return false end
  local held = cjson.decode(metadata)
  for key, wanted in pairs(where) do
    if type(held[key]) ~= type(wanted) or held[key] ~= wanted then return false end
  end
  return true
end
