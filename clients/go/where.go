package facesvc

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
)

// Where chooses users by their metadata: each key must have an equal value, a string, a bool or a
// number. Empty chooses everybody.
type Where map[string]any

// conditions of the contract, in the order of their keys.
func (w Where) conditions() ([]string, error) {
	var conditions []string
	for _, key := range slices.Sorted(maps.Keys(w)) {
		name, err := json.Marshal(key)
		if err != nil {
			return nil, fmt.Errorf("where %q: %w", key, err)
		}
		value, err := json.Marshal(w[key])
		if err != nil {
			return nil, fmt.Errorf("where %q: %w", key, err)
		}
		conditions = append(conditions, string(name)+"="+string(value))
	}
	return conditions, nil
}
