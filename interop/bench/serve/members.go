package serve

import "sync"

// Members are the connections of a hub. The zero value is ready; any goroutine may call its methods.
type Members[C comparable] struct {
	mu   sync.Mutex
	set  map[C]struct{}
	list []C // of the set; nil when that has changed
}

// Join adds a connection.
func (m *Members[C]) Join(c C) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.set == nil {
		m.set = make(map[C]struct{})
	}
	m.set[c] = struct{}{}
	m.list = nil
}

// Leave removes a connection.
func (m *Members[C]) Leave(c C) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.set, c)
	m.list = nil
}

// All returns those that are there now. The slice must not be changed.
func (m *Members[C]) All() []C {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.list == nil {
		m.list = make([]C, 0, len(m.set))
		for c := range m.set {
			m.list = append(m.list, c)
		}
	}
	return m.list
}
