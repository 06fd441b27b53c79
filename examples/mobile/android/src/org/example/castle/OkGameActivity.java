package org.example.castle;

import android.app.NativeActivity;
import android.content.Intent;

/** The game's activity. With GameActivity in place of NativeActivity it is the same. */
public class OkGameActivity extends NativeActivity {
    /** Keeps the link with which OK's page returns to the running game; the plugin reads it. */
    @Override
    protected void onNewIntent(Intent intent) {
        super.onNewIntent(intent);
        setIntent(intent);
    }
}
