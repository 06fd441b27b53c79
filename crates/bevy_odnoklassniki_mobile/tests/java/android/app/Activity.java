package android.app;

import android.content.Intent;

public class Activity {
    private Intent intent;
    public Intent started;
    public String thrown;

    public Activity(Intent intent) {
        this.intent = intent;
    }

    public Intent getIntent() {
        if ("getIntent".equals(thrown)) {
            throw new IllegalStateException("the link is " + intent.getDataString());
        }
        return intent;
    }

    public void setIntent(Intent newIntent) {
        intent = newIntent;
    }

    public void startActivity(Intent intent) {
        if ("startActivity".equals(thrown)) {
            throw new IllegalStateException("no activity for " + intent.getDataString());
        }
        started = intent;
    }
}
