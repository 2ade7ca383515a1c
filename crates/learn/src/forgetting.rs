//! Forgetting: what both systems let go of, by episode, class or namespace.

use crate::Error;
use crate::mind::Mind;
use crate::namespaces::Scope;

impl Mind {
    pub(crate) fn forget_episode(&mut self, id: u64) -> Result<(), Error> {
        let mut value = Vec::new();
        let (percept, class) = {
            let view = self.view();
            view.fast.episodes().value(id, &mut value)?;
            let class = view.fast.episodes().get(id).and_then(|episode| episode.label);
            (view.perception.see(&value)?, class)
        };
        if let (Some(cortex), Some(class)) = (&mut self.cortex, class) {
            cortex.unlearn(&percept.features, class, 1.0)?;
        }
        if let (Some(renewal), Some(class)) = (&mut self.renewal, class) {
            renewal.forget(id, &value, class)?;
        }
        self.view_mut().fast.remove(id)?;
        self.publish();
        Ok(())
    }

    pub(crate) fn forget_label(&mut self, label: &str) -> Result<(), Error> {
        let Some(class) = self.view().labels.number(label) else { return Ok(()) };
        if let Some(cortex) = &mut self.cortex {
            cortex.forget(class);
        }
        if let Some(renewal) = &mut self.renewal {
            renewal.forget_class(class);
        }
        {
            let mut view = self.view_mut();
            let of_class = view.fast.episodes().iter().filter(|episode| episode.label == Some(class));
            let ids: Vec<u64> = of_class.map(|episode| episode.id).collect();
            for id in ids {
                view.fast.remove(id)?;
            }
        }
        self.looks.retain(|&(_, of), _| of != class);
        self.publish();
        Ok(())
    }

    /// As if all of its episodes were forgotten one by one.
    pub(crate) fn forget_namespace(&mut self, namespace: &str) -> Result<(), Error> {
        let scope = self.view().namespaces.scope(Some(namespace))?;
        let gone: Vec<u64> = self.view().fast.within(scope).map(|episode| episode.id).collect();
        gone.into_iter().try_for_each(|id| self.forget_episode(id))?;
        self.looks.retain(|&(of, _), _| scope != Scope::Of(of));
        Ok(())
    }
}
