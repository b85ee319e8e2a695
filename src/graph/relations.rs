//! The program as a petgraph: what leads where. Cycles, closures and reachability are asked of it.

use std::collections::BTreeMap;

use petgraph::algo::tarjan_scc;
use petgraph::graph::{DiGraph, NodeIndex};
use petgraph::visit::{Bfs, EdgeFiltered, EdgeRef, Reversed, Visitable};

use super::{ActionId, ConditionId, ProfileId, RoleId, TypeId};

/// A node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Node {
    /// An entity type or an enumeration.
    Type(TypeId),
    /// A role.
    Role(RoleId),
    /// An action.
    Action(ActionId),
    /// A named condition.
    Condition(ConditionId),
    /// A break-glass profile.
    Profile(ProfileId),
}

/// An edge; it points from who has to what is had.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Edge {
    /// A role extends another.
    Extends,
    /// A role or a type is granted an action; the index of the grant.
    Grants(usize),
    /// A principal type may hold a role.
    Holds,
    /// A type has a parent of another type.
    MemberOf,
    /// A type declares an action.
    Declares,
    /// A role may ask for a break-glass profile.
    MayRequest,
    /// A break-glass profile opens an action.
    Opens,
    /// A condition, or a role's or profile's own condition, names a condition or a type.
    Uses,
}

/// The graph with an index of its nodes.
#[derive(Debug, Clone, Default)]
pub struct Relations {
    graph: DiGraph<Node, Edge>,
    index: BTreeMap<Node, NodeIndex>,
    /// Conditions and types that any statement names, directly or through conditions.
    used: Vec<Node>,
}

impl Relations {
    /// Adds a node.
    pub(super) fn add(&mut self, node: Node) {
        let at = self.graph.add_node(node);
        self.index.insert(node, at);
    }

    /// Adds an edge between nodes that are there.
    pub(super) fn add_edge(&mut self, from: Node, to: Node, edge: Edge) {
        if let (Some(from), Some(to)) = (self.index.get(&from), self.index.get(&to)) {
            self.graph.add_edge(*from, *to, edge);
        }
    }

    /// Adds a condition or a type that the expression of some statement names.
    pub(super) fn add_used(&mut self, node: Node) {
        self.used.push(node);
    }

    /// Adds what is used through conditions, once all else is there.
    pub(super) fn close_used(&mut self) {
        self.used.sort_unstable();
        self.used.dedup();
        let graph = EdgeFiltered::from_fn(&self.graph, |edge| *edge.weight() == Edge::Uses);
        let used = self.used.iter().filter_map(|node| self.index.get(node));
        let mut walk = Bfs { stack: used.copied().collect(), discovered: graph.visit_map() };
        let mut all: Vec<Node> = Vec::new();
        while let Some(at) = walk.next(&graph) {
            all.extend(self.graph.node_weight(at).copied());
        }
        all.sort_unstable();
        all.dedup();
        self.used = all;
    }

    /// Whether the expression of some statement names a condition or a type, directly or through conditions.
    #[must_use]
    pub fn is_used(&self, node: Node) -> bool {
        self.used.binary_search(&node).is_ok()
    }

    /// Every node reachable from one over edges of a kind, itself first, nearest first.
    #[must_use]
    pub fn reachable(&self, from: Node, along: impl Fn(&Edge) -> bool) -> Vec<Node> {
        let Some(start) = self.index.get(&from) else {
            return Vec::new();
        };
        let graph = EdgeFiltered::from_fn(&self.graph, |edge| along(edge.weight()));
        let mut walk = Bfs::new(&graph, *start);
        let mut found = Vec::new();
        while let Some(at) = walk.next(&graph) {
            found.extend(self.graph.node_weight(at).copied());
        }
        found
    }

    /// Every node from which one is reachable over edges of a kind, itself first, nearest first.
    #[must_use]
    pub fn reaching(&self, to: Node, along: impl Fn(&Edge) -> bool) -> Vec<Node> {
        let Some(start) = self.index.get(&to) else {
            return Vec::new();
        };
        let graph = EdgeFiltered::from_fn(&self.graph, |edge| along(edge.weight()));
        let reversed = Reversed(&graph);
        let mut walk = Bfs::new(reversed, *start);
        let mut found = Vec::new();
        while let Some(at) = walk.next(reversed) {
            found.extend(self.graph.node_weight(at).copied());
        }
        found
    }

    /// All edges as pairs of nodes, in the order they were made.
    pub fn edges(&self) -> impl Iterator<Item = (Node, Node, Edge)> {
        self.graph.edge_references().filter_map(|edge| {
            let from = self.graph.node_weight(edge.source())?;
            let to = self.graph.node_weight(edge.target())?;
            Some((*from, *to, *edge.weight()))
        })
    }

    /// Cycles of `extends`: one for each knot of roles that extend each other.
    #[must_use]
    pub fn role_cycles(&self) -> Vec<Cycle<RoleId>> {
        let role = |node: &Node| match node {
            Node::Role(id) => Some(*id),
            _ => None,
        };
        self.cycles(Edge::Extends, role)
    }

    /// Cycles among conditions: one for each knot of conditions that use each other.
    #[must_use]
    pub fn condition_cycles(&self) -> Vec<Cycle<ConditionId>> {
        let condition = |node: &Node| match node {
            Node::Condition(id) => Some(*id),
            _ => None,
        };
        self.cycles(Edge::Uses, condition)
    }

    /// All conditions, each after those that it uses. Conditions that use each other stand in no order.
    #[must_use]
    pub fn conditions_used_first(&self) -> Vec<ConditionId> {
        let pick = |node: &Node| match node {
            Node::Condition(id) => Some(*id),
            _ => None,
        };
        let only = self.graph.filter_map(|_, node| pick(node), |_, edge| (*edge == Edge::Uses).then_some(()));
        // Components come in reverse topological order: what is used before what uses it.
        let components = tarjan_scc(&only);
        components.iter().flatten().filter_map(|at| only.node_weight(*at).copied()).collect()
    }

    fn cycles<T: Ord + Copy>(&self, kind: Edge, pick: impl Fn(&Node) -> Option<T>) -> Vec<Cycle<T>> {
        let only = self.graph.filter_map(|_, node| pick(node), |_, edge| (*edge == kind).then_some(()));
        cycles_of(&only)
    }
}

/// Things that lead to each other, by as many ways as there are.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cycle<T> {
    /// A shortest cycle in its order, starting at what was declared first.
    pub shortest: Vec<T>,
    /// All that lead to each other, in the order of their declarations. Only without every edge among these is no cycle left.
    pub knot: Vec<T>,
}

/// The cycles of each strongly connected component that has one.
pub(super) fn cycles_of<T: Ord + Copy>(graph: &DiGraph<T, ()>) -> Vec<Cycle<T>> {
    let mut found: Vec<Cycle<T>> = Vec::new();
    for component in tarjan_scc(graph) {
        let looped = match component.as_slice() {
            [one] => graph.contains_edge(*one, *one),
            several => several.len() > 1,
        };
        if looped && let Some(shortest) = shortest_cycle(graph, &component) {
            let mut knot: Vec<T> = component.iter().filter_map(|at| graph.node_weight(*at).copied()).collect();
            knot.sort_unstable();
            found.push(Cycle { shortest, knot });
        }
    }
    found.sort();
    found
}

/// A shortest cycle of a strongly connected component, from its least node.
fn shortest_cycle<T: Ord + Copy>(graph: &DiGraph<T, ()>, component: &[NodeIndex]) -> Option<Vec<T>> {
    let start = component.iter().copied().min_by_key(|at| graph.node_weight(*at).copied())?;
    let mut came: BTreeMap<NodeIndex, NodeIndex> = BTreeMap::new();
    let mut queue = std::collections::VecDeque::from([start]);
    while let Some(at) = queue.pop_front() {
        let mut next: Vec<NodeIndex> = graph.neighbors(at).filter(|n| component.contains(n)).collect();
        next.sort_by_key(|n| graph.node_weight(*n).copied());
        for to in next {
            if to == start {
                let mut path = vec![at];
                while let Some(before) = path.last().and_then(|last| came.get(last)) {
                    path.push(*before);
                }
                path.reverse();
                return Some(path.iter().filter_map(|n| graph.node_weight(*n).copied()).collect());
            }
            if to != start && !came.contains_key(&to) {
                came.insert(to, at);
                queue.push_back(to);
            }
        }
    }
    None
}
