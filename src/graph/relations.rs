//! The program as a petgraph: what leads where. Cycles, closures and reachability are asked of it.

use std::collections::BTreeMap;

use petgraph::algo::tarjan_scc;
use petgraph::graph::{DiGraph, NodeIndex};
use petgraph::visit::{Bfs, EdgeFiltered, EdgeRef, Reversed, Visitable};

use crate::syntax::ast::{Expr, ExprKind, Path};
use crate::text::Span;

use super::{ActionId, ConditionId, Holder, ProfileId, Program, RoleId, TypeId};

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
    /// Builds the graph of a program.
    #[must_use]
    pub fn build(program: &Program) -> Self {
        let mut relations = Self::default();
        let nodes = program
            .type_ids()
            .map(Node::Type)
            .chain(program.role_ids().map(Node::Role))
            .chain(program.action_ids().map(Node::Action))
            .chain((0..program.conditions.len()).map(|at| Node::Condition(ConditionId::at(at))))
            .chain(program.profile_ids().map(Node::Profile));
        for node in nodes {
            let at = relations.graph.add_node(node);
            relations.index.insert(node, at);
        }
        for id in program.type_ids() {
            let Some(ty) = program.ty(id) else { continue };
            for link in &ty.parents {
                relations.edge(Node::Type(id), Node::Type(link.ty), Edge::MemberOf);
            }
            for action in &ty.actions {
                relations.edge(Node::Type(id), Node::Action(*action), Edge::Declares);
            }
        }
        for id in program.role_ids() {
            let Some(role) = program.role(id) else { continue };
            for (base, _) in &role.extends {
                relations.edge(Node::Role(id), Node::Role(*base), Edge::Extends);
            }
            for holder in &role.holders {
                relations.edge(Node::Type(*holder), Node::Role(id), Edge::Holds);
            }
            relations.uses(program, Some(Node::Role(id)), role.when.as_ref());
        }
        for (at, grant) in program.grants.iter().enumerate() {
            let from = match grant.holder {
                Holder::Type(ty) => Node::Type(ty),
                Holder::Role(role) => Node::Role(role),
            };
            for (action, _) in &grant.actions {
                relations.edge(from, Node::Action(*action), Edge::Grants(at));
            }
            relations.uses(program, None, grant.when.as_ref());
        }
        for id in program.profile_ids() {
            let Some(profile) = program.profile(id) else { continue };
            for (role, _) in &profile.eligible {
                relations.edge(Node::Role(*role), Node::Profile(id), Edge::MayRequest);
            }
            for (action, _) in &profile.actions {
                relations.edge(Node::Profile(id), Node::Action(*action), Edge::Opens);
            }
            relations.uses(program, Some(Node::Profile(id)), profile.when.as_ref());
        }
        for (at, condition) in program.conditions.iter().enumerate() {
            for used in named(program, &condition.body) {
                relations.edge(Node::Condition(ConditionId::at(at)), used, Edge::Uses);
            }
        }
        let rest = program
            .denies
            .iter()
            .filter_map(|deny| deny.when.as_ref())
            .chain(program.requires.iter().map(|require| &require.condition))
            .chain(program.assertions.iter().filter_map(|assertion| assertion.when.as_ref()));
        for expr in rest {
            relations.uses(program, None, Some(expr));
        }
        relations.close_used();
        relations
    }

    fn edge(&mut self, from: Node, to: Node, edge: Edge) {
        if let (Some(from), Some(to)) = (self.index.get(&from), self.index.get(&to)) {
            self.graph.add_edge(*from, *to, edge);
        }
    }

    fn uses(&mut self, program: &Program, from: Option<Node>, expr: Option<&Expr>) {
        let Some(expr) = expr else { return };
        for used in named(program, expr) {
            self.used.push(used);
            if let Some(from) = from {
                self.edge(from, used, Edge::Uses);
            }
        }
    }

    fn close_used(&mut self) {
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

/// Cycles of parents that every entity must have, each in its order, starting at the type declared first. No data can
/// satisfy them: entities cannot be their own ancestors.
pub(super) fn endless_parents(program: &Program) -> Vec<Vec<TypeId>> {
    let mut graph = DiGraph::new();
    let nodes: Vec<NodeIndex> = program.type_ids().map(|id| graph.add_node(id)).collect();
    for (ty, from) in program.types.iter().zip(&nodes) {
        for link in ty.parents.iter().filter(|link| link.is_required()) {
            if let Some(to) = nodes.get(link.ty.index()) {
                graph.add_edge(*from, *to, ());
            }
        }
    }
    cycles_of(&graph).into_iter().map(|cycle| cycle.shortest).collect()
}

/// The cycles of each strongly connected component that has one.
fn cycles_of<T: Ord + Copy>(graph: &DiGraph<T, ()>) -> Vec<Cycle<T>> {
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

/// The conditions and types an expression names.
fn named(program: &Program, expr: &Expr) -> Vec<Node> {
    let mut found: Vec<Node> = names_in(program, expr).into_iter().map(|(_, node)| node).collect();
    found.sort_unstable();
    found.dedup();
    found
}

/// The places in an expression that name a condition or a type.
pub(super) fn names_in(program: &Program, expr: &Expr) -> Vec<(Span, Node)> {
    let mut found = Vec::new();
    collect(program, expr, &mut found);
    found
}

/// The condition that a bare name means. One with parameters is called, so the name is a member's or a parameter's.
fn condition_by_name(program: &Program, name: &str) -> Option<Node> {
    let id = program.find_condition(name)?;
    program.condition(id)?.params.is_empty().then_some(Node::Condition(id))
}

fn type_by_path(program: &Program, path: &Path) -> Option<Node> {
    let parts: Vec<&str> = path.parts.iter().map(|part| part.text.as_str()).collect();
    program.find_type(&parts.join("::")).map(Node::Type)
}

fn collect(program: &Program, expr: &Expr, found: &mut Vec<(Span, Node)>) {
    let named = match &expr.kind {
        ExprKind::Name(name) => condition_by_name(program, name).map(|node| (expr.span, node)),
        ExprKind::Call(name, _) => program.find_condition(&name.text).map(|id| (name.span, Node::Condition(id))),
        ExprKind::Is(_, path, _) | ExprKind::Entity(path, _) => {
            type_by_path(program, path).map(|node| (path.span, node))
        }
        _ => None,
    };
    found.extend(named);
    expr.children().into_iter().for_each(|child| collect(program, child, found));
}
